import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placedIn } from '../c.js';

const before = (anchor: string, more = {}) => ({ at: { place: 'before', anchor, ...more } });
const after = (anchor: string, more = {}) => ({ at: { place: 'after', anchor, ...more } });

/** `placed` is the line in front of which the hook goes, or the reason of the refusal. */
const cases: [title: string, text: string, hook: Record<string, unknown>, placed: string][] = [
  ['after declarations', 'int f(int x)\n{\n\tint a = x;\n\tu32 *b;\n\n\tgo(a);\n}\n', {}, 'go(a);'],
  ['no declaration', 'int f(int x)\n{\n\tgo(x);\n}\n', {}, 'go(x);'],
  [
    'above the comment of the statement',
    'int f(int x)\n{\n\tint a;\n\n\t/* why\n\t * so */\n\tgo(x);\n}\n',
    {},
    '/* why',
  ],
  [
    'a comment at the end of the line above stays',
    'int f(int x)\n{\n\tint a; /* b */\n\tgo(x);\n}\n',
    {},
    'go(x);',
  ],
  [
    'first statement is compound',
    'int f(int x)\n{\n\tint a;\n\n\tfor (a = 0; a < x; a++)\n\t\tgo(a);\n}\n',
    {},
    'for (a = 0; a < x; a++)',
  ],
  ['only declarations', 'int f(int x)\n{\n\tint a;\n}\n', {}, 'no-match'],
  [
    'a declaration that calls',
    'int f(int x)\n{\n\tint a = take(x);\n\n\tgo(a);\n}\n',
    {},
    'initialiser-calls',
  ],
  [
    '... that may be called',
    'int f(int x)\n{\n\tint a = take(x);\n\n\tgo(a);\n}\n',
    { at: { place: 'after-declarations', mayCall: ['take'] } },
    'go(a);',
  ],
  [
    'a cleanup attribute',
    'int f(int x)\n{\n\tvoid *a __free(kfree) = 0;\n\n\tgo(a);\n}\n',
    {},
    'initialiser-calls',
  ],
  ['statement shares the line', 'int f(int x)\n{\n\tint a; go(a);\n}\n', {}, 'line-shared'],
  ['label at the first statement', 'int f(int x)\n{\n\tint a;\nagain:\n\tgo(a);\n}\n', {}, 'labelled'],
  ['before an anchor', 'int f(int x)\n{\n\tgo(x);\n\tstop(x);\n}\n', before('stop(x);'), 'stop(x);'],
  [
    'white space and comments do not matter',
    'int f(int x)\n{\n\tgo(x);\n\tstop (\n\t  x /* y */ ) ;\n}\n',
    before('stop(x);'),
    'stop (',
  ],
  ['behind an anchor', 'int f(int x)\n{\n\tgo(x);\n\tstop(x);\n}\n', after('go(...)'), 'stop(x);'],
  [
    'behind a statement of two lines',
    'int f(int x)\n{\n\tgo(x,\n\t   x);\n\tstop(x);\n}\n',
    after('go(...)'),
    'stop(x);',
  ],
  [
    'the dots match balanced brackets only',
    'int f(int x)\n{\n\tgo(x)(y);\n}\n',
    before('go(...)'),
    'no-match',
  ],
  ['anchor twice', 'int f(int x)\n{\n\tgo(x);\n\tgo(x);\n}\n', before('go(x);'), 'ambiguous'],
  ['anchor gone', 'int f(int x)\n{\n\tstop(x);\n}\n', before('go(x);'), 'no-match'],
  [
    'anchor only in a comment',
    'int f(int x)\n{\n\t/* go(x); */\n\tstop(x);\n}\n',
    before('go(x);'),
    'no-match',
  ],
  ['anchor only in a string', 'int f(int x)\n{\n\tstop("go(x);");\n}\n', before('go(x);'), 'no-match'],
  [
    'anchor under an if without braces',
    'int f(int x)\n{\n\tif (x)\n\t\tgo(x);\n}\n',
    before('go(x);'),
    'no-match',
  ],
  [
    'anchor in an inner block',
    'int f(int x)\n{\n\tif (x) {\n\t\tgo(x);\n\t}\n}\n',
    before('go(x);'),
    'no-match',
  ],
  [
    '... which may be',
    'int f(int x)\n{\n\tif (x) {\n\t\tgo(x);\n\t}\n}\n',
    before('go(x);', { nested: true }),
    'go(x);',
  ],
  [
    'anchor under a loop macro',
    'int f(int x)\n{\n\tfor_each(x)\n\t\tgo(x);\n}\n',
    before('go(x);'),
    'no-match',
  ],
  [
    'last return',
    'int f(int x)\n{\n\tif (x)\n\t\treturn 0;\n\tgo(x);\n\treturn 0;\n}\n',
    before('return 0;', { final: true }),
    'return 0;',
  ],
  [
    'return is not last',
    'int f(int x)\n{\n\treturn 0;\nout:\n\treturn 1;\n}\n',
    before('return 0;', { final: true }),
    'no-match',
  ],
  [
    'a label leads to it',
    'int f(int x)\n{\n\tgo(x);\nout:\n\treturn 0;\n}\n',
    before('return 0;', { final: true }),
    'labelled',
  ],
  ['never reached', 'int f(int x)\n{\n\treturn 1;\n\tgo(x);\n}\n', before('go(x);'), 'not-straight'],
  [
    'anchor in #ifdef',
    'int f(int x)\n{\n#ifdef A\n\tgo(x);\n#endif\n\tstop(x);\n}\n',
    before('go(x);'),
    'inside-if',
  ],
  [
    'an #if in front of the anchor',
    'int f(int x)\n{\n#ifdef A\n\tgo(x);\n#endif\n\tstop(x);\n}\n',
    before('stop(x);'),
    'stop(x);',
  ],
  [
    'an #if takes the body of an if',
    'int f(int x)\n{\n\tif (x)\n#ifdef A\n\t\tgo(x);\n#endif\n\tstop(x);\n}\n',
    before('stop(x);'),
    'function-tangled',
  ],
  [
    'branches do not agree about brackets',
    'int f(int x)\n{\n#ifdef A\n\tif (x) {\n#else\n\t{\n#endif\n\t\tgo(x);\n\t}\n\tstop(x);\n}\n',
    before('stop(x);'),
    'function-tangled',
  ],
  ['function gone', 'int g(int x)\n{\n\tgo(x);\n}\n', {}, 'function-gone'],
  ['function twice', 'int f(int x)\n{\n\tgo(x);\n}\nint f(int x)\n{\n\tgo(x);\n}\n', {}, 'function-twice'],
  ['old copy in #if 0', '#if 0\nint f(int x)\n{\n}\n#endif\nint f(int x)\n{\n\tgo(x);\n}\n', {}, 'go(x);'],
  ['function in #ifdef', '#ifdef A\nint f(int x)\n{\n\tgo(x);\n}\n#endif\n', {}, 'function-conditional'],
  ['function is a macro', '#define f g\nint f(int x)\n{\n\tgo(x);\n}\n', {}, 'macro-in-the-way'],
  [
    'anchor is a macro',
    '#define go(x) other(x)\nint f(int x)\n{\n\tgo(x);\n}\n',
    before('go(x);'),
    'macro-in-the-way',
  ],
  ['old name of the function', 'int old_f(int x)\n{\n\tgo(x);\n}\n', { functions: ['f', 'old_f'] }, 'go(x);'],
  [
    'parameter in scope',
    'int f(struct s *x)\n{\n\tgo(x);\n}\n',
    { needs: [{ name: 'x', type: 'struct s *' }] },
    'go(x);',
  ],
  [
    'local in scope',
    'int f(int a)\n{\n\tconst struct s **x, y;\n\n\tgo(x);\n}\n',
    { needs: [{ name: 'x', type: 'const struct s **' }] },
    'go(x);',
  ],
  [
    'second declarator',
    'int f(int a)\n{\n\tconst struct s **x, y;\n\n\tgo(x);\n}\n',
    { needs: [{ name: 'y', type: 'const struct s' }] },
    'go(x);',
  ],
  [
    'identifier missing',
    'int f(struct s *y)\n{\n\tgo(y);\n}\n',
    { needs: [{ name: 'x' }] },
    'identifier-missing',
  ],
  [
    'another type',
    'int f(struct t *x)\n{\n\tgo(x);\n}\n',
    { needs: [{ name: 'x', type: 'struct s *' }] },
    'type-differs',
  ],
  [
    'identifier only in #ifdef',
    'int f(int a)\n{\n#ifdef A\n\tint x;\n#endif\n\tint y;\n\n\tgo(a);\n}\n',
    { needs: [{ name: 'x' }] },
    'inside-if',
  ],
  [
    'type above the include',
    'struct s { int a; };\nint f(int x)\n{\n}\n',
    { at: { place: 'before-function' }, needs: [{ name: 'struct s' }] },
    'int f(int x)',
  ],
  [
    'type only declared',
    'struct s;\nint f(int x)\n{\n}\n',
    { at: { place: 'before-function' }, needs: [{ name: 'struct s' }] },
    'identifier-missing',
  ],
  [
    'type below',
    'int f(int x)\n{\n}\nstruct s { int a; };\n',
    { at: { place: 'before-function' }, needs: [{ name: 'struct s' }] },
    'identifier-missing',
  ],
  [
    'macro above',
    '#define N 4\nint f(int x)\n{\n}\n',
    { at: { place: 'before-function' }, needs: [{ name: 'N' }] },
    'int f(int x)',
  ],
  [
    'macro in #ifdef',
    '#ifdef A\n#define N 4\n#endif\nint f(int x)\n{\n}\n',
    { at: { place: 'before-function' }, needs: [{ name: 'N' }] },
    'identifier-missing',
  ],
  [
    'above the comment of the function',
    'int a;\n\n/* about f */\nint f(int x)\n{\n}\n',
    { at: { place: 'before-function' } },
    '/* about f */',
  ],
  [
    'order kept',
    'int f(int x)\n{\n\tone(x);\n\ttwo(x);\n\tthree(x);\n}\n',
    { ...before('two(x);'), order: [['one(...)'], ['@'], ['three(...)']] },
    'two(x);',
  ],
  [
    'order changed',
    'int f(int x)\n{\n\tthree(x);\n\ttwo(x);\n\tone(x);\n}\n',
    { ...before('two(x);'), order: [['one(...)'], ['@'], ['three(...)']] },
    'order-differs',
  ],
  [
    'order: one of them twice',
    'int f(int x)\n{\n\tone(x);\n\tone(x);\n\ttwo(x);\n}\n',
    { ...before('two(x);'), order: [['one(...)'], ['@']] },
    'order-differs',
  ],
  [
    'straight, but it may return',
    'int f(int x)\n{\n\tif (x)\n\t\treturn 1;\n\ttwo(x);\n}\n',
    { ...before('two(x);'), straight: true },
    'not-straight',
  ],
  [
    'macro that hides control flow',
    'int f(int x)\n{\n\tBEGIN {\n\tgo(x);\n\t} END\n}\n',
    before('go(x);'),
    'function-tangled',
  ],
];

for (const [title, text, hook, placed] of cases)
  test(`place: ${title}`, () => assert.equal(placedIn(text, hook), placed));

const variants = [
  { whenSignature: 'int f(struct vq *vq)', text: '\ta(vq);\n' },
  { whenSignature: 'int f(struct rq *rq, ...)', text: '\tb(rq);\n' },
];

test('variants are chosen by signature', () => {
  const member = { variants, text: undefined };
  assert.equal(placedIn('static int f(struct vq *vq)\n{\n\tgo(1);\n}\n', member), 'go(1);');
  assert.equal(placedIn('static int f(struct rq *rq, int n)\n{\n\tgo(1);\n}\n', member), 'go(1);');
  assert.equal(placedIn('static void f(struct vq *vq)\n{\n\tgo(1);\n}\n', member), 'signature-unknown');
});
