// Which room of src/ may import which: `npm test -- lint` checks it. See docs/architecture.md, Rooms.

/** Each room, and the rooms below it that its files may import. */
const rooms = {
  core: [],
  facts: ['core'],
  build: ['core', 'facts'],
  lab: ['core', 'facts'],
  porting: ['core', 'facts', 'build', 'lab'],
  machine: ['core', 'facts', 'build', 'lab'],
  commands: ['core', 'facts', 'build', 'lab', 'porting', 'machine'],
  cli: ['core', 'facts', 'build', 'lab', 'porting', 'machine', 'commands'],
};

/** The rooms inside porting, lowest first: each may import those before it. */
const engine = ['source', 'place', 'work', 'prove', 'learn'];

const oneWay = Object.entries(rooms).map(([room, below]) => ({
  name: `${room}-imports-${below.join('-') || 'no-room'}`,
  comment: `src/${room} may import ${below.join(', ') || 'no other room'}: move what both need into a lower room`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^(src|test|bench)/', pathNot: `^src/(${[room, ...below].join('|')})/` },
}));

const engineOneWay = engine.slice(0, -1).map((room, at) => ({
  name: `porting-${room}-is-below`,
  comment: `src/porting/${room} is below ${engine.slice(at + 1).join(', ')}`,
  severity: 'error',
  from: { path: `^src/porting/${room}/` },
  to: { path: `^src/porting/(${engine.slice(at + 1).join('|')})/` },
}));

export default {
  forbidden: [
    ...oneWay,
    ...engineOneWay,
    {
      name: 'commands-stand-alone',
      comment: 'a command imports no other command: what two share belongs to a lower room',
      severity: 'error',
      from: { path: '^src/commands/([^/]+)/' },
      to: { path: '^src/commands/', pathNot: '^src/commands/$1/' },
    },
    {
      name: 'no-circle',
      comment: 'files that import each other cannot be read one by one',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-circle-of-folders',
      comment: 'folders that import each other are one room, whatever their names say',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'effects-in-core',
      comment:
        'only src/core touches files and starts processes: take Tools, or extend Files and Runner there',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/core/' },
      to: {
        path: [
          '^(node:)?(fs|child_process|cluster|worker_threads)(/|$)',
          '(^|node_modules/)(execa|simple-git)(/|$)',
        ],
      },
    },
    {
      name: 'resolvable',
      comment: 'an import that is not found is checked by no rule',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // TypeScript 7 has no programming interface that the cruiser knows, so SWC reads the files; it keeps type imports.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
