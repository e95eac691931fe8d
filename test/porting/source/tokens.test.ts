import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexSource } from '../../../src/porting/source/functions.js';
import { lex } from '../../../src/porting/source/tokens.js';

const cases: [title: string, text: string, tokens: string][] = [
  ['comments are no tokens', 'a /* b */ c // d\ne', 'a c e'],
  ['a comment may hold the start of another', '/* /* */ a', 'a'],
  ['a string may hold a comment', 'f("/* no */", \'"\');', 'f ( "/* no */" , \'"\' ) ;'],
  ['a line comment goes on behind a backslash', '// a \\\nb\nc', 'c'],
  ['a directive is no token, also when continued', '#define A \\\n b\nc', 'c'],
  ['a directive may hold a comment over two lines', '#endif /* a\nb */\nc', 'c'],
  ['a hash inside a line is no directive', 'a # b', 'a # b'],
  ['longest punctuator first', 'a->b...c<<=d', 'a -> b ... c <<= d'],
  ['numbers', '0x1Fu 1.5e-3 .5', '0x1Fu 1.5e-3 .5'],
  ['#if 0 is not code', 'a\n#if 0\nb "\n#else\nc\n#endif\nd', 'a c d'],
  ['nested in #if 0', '#if 0\n#if A\nb\n#endif\nc\n#endif\nd', 'd'],
  ['#if 1 is code', '#if 1\na\n#endif', 'a'],
  ['a stray quote ends with its line', "#ifdef A\ndon't\n#endif\nb", "don ' t b"],
];

for (const [title, text, expected] of cases)
  test(`tokens: ${title}`, () => {
    assert.equal(
      lex(text)
        .tokens.map((token) => token.text)
        .join(' '),
      expected,
    );
  });

test('every line knows the conditionals around it', () => {
  const { branches } = lex('a\n#ifdef X\nb\n#else\nc\n#if Y\nd\n#endif\n#endif\ne');
  const shape = branches.map((stack) => stack.map(({ line, index }) => `${line}.${index}`).join(' '));
  assert.deepEqual(shape.slice(1), ['', '', '2.0', '', '2.1', '2.1', '2.1 6.0', '2.1', '', '']);
});

const defects: [title: string, text: string, what: RegExp][] = [
  ['open comment', 'a /* b', /comment is not closed/],
  ['#endif alone', '#endif\n', /without #if/],
  ['open #if', '#if A\nb\n', /has no #endif/],
  ['open bracket', 'void f(void)\n{\n', /is not closed/],
  ['wrong bracket', 'int a[3);\n', /unexpected \)/],
];

for (const [title, text, what] of defects)
  test(`defect: ${title}`, () => {
    assert.match(
      indexSource('x.c', text)
        .defects.map((defect) => defect.what)
        .join('; '),
      what,
    );
  });

const functions: [title: string, text: string, names: string][] = [
  ['plain and static', 'int a(void)\n{\n}\nstatic inline struct x *b(int c)\n{ }\n', 'a b'],
  ['prototypes are none', 'int a(void);\nint b(void) { return 0; }', 'b'],
  ['initialisers are none', 'struct s x = { .f = g };\nint t[] = { f(1), 2 };\nint a(void) { }', 'a'],
  ['structs with function pointers are none', 'struct s { int (*f)(int); };\nint a(void) { }', 'a'],
  ['annotations behind the parameters', 'int a(void) __releases(x) __acquires(y)\n{ }', 'a'],
  ['attributes in front', '__attribute__((unused)) static int a(void)\n{ }', 'a'],
  [
    'a body with braces of all kinds',
    'int a(void)\n{ int b[] = { 1 }; if (b) { } return ({ 1; }); }\nint c(void) { }',
    'a c',
  ],
  ['inside #if', '#ifdef X\nint a(void)\n{ }\n#endif\n', 'a'],
];

for (const [title, text, names] of functions)
  test(`functions: ${title}`, () => {
    assert.equal(
      indexSource('x.c', text)
        .functions.map(({ name }) => name)
        .join(' '),
      names,
    );
  });
