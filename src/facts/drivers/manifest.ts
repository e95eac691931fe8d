import path from 'node:path';
import { z } from 'zod';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';

/**
 * What the project knows about one NIC driver: where its sources are, where the netmap hooks go, and how a
 * finished port is judged. One `drivers/<name>/manifest.json` per driver, parsed here and nowhere else.
 */

const identifier = z.string().regex(/^[A-Za-z_]\w*$/, 'must be a C identifier');
/** Becomes part of make variables and shell commands. */
const relativePath = z
  .string()
  .regex(/^[\w.+@=/-]+$/, 'may hold only letters, digits and _ . + @ = / -')
  .refine(
    (value) => !path.isAbsolute(value) && !value.split('/').includes('..'),
    'must be a path below the driver',
  );
/**
 * C tokens to look for, compared without regard to white space and comments; `...` stands for any tokens
 * with balanced brackets: `napi_enable(...)`, `return 0;`.
 */
const pattern = z.string().min(1);

export const hookRoles = [
  'include',
  'attach',
  'detach',
  'tx-irq',
  'rx-irq',
  'ring-init',
  'ring-reset',
  'other',
] as const;

/** Where in the named function a hook goes. A position is always in front of, or behind, a whole statement. */
const position = z.discriminatedUnion('place', [
  z.strictObject({
    place: z.literal('before-function').describe('at file scope, above the function and its comment'),
  }),
  z.strictObject({
    place: z.literal('after-declarations').describe("in front of the function's first statement"),
    mayCall: z
      .array(identifier)
      .default([])
      .describe(
        'functions that initialisers above the hook may call: the hook may return early and skip nothing',
      ),
  }),
  z.strictObject({
    place: z.enum(['before', 'after']),
    anchor: pattern.describe('the statement; it must match exactly once'),
    final: z.boolean().default(false).describe("the anchor is the function's last statement"),
    nested: z.boolean().default(false).describe('the anchor may lie inside an inner block'),
  }),
  z
    .strictObject({
      place: z.literal('between').describe('between two statements; one of them may have gone'),
      behind: pattern.optional(),
      ahead: pattern.optional(),
      nested: z.boolean().default(false),
    })
    .refine(({ behind, ahead }) => behind !== undefined || ahead !== undefined, {
      message: 'give behind, ahead, or both',
    }),
]);

const variant = z.strictObject({
  whenSignature: pattern.describe('the function as it must be declared, without static and inline'),
  text: z.string().min(1),
});

export const hookSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'use lower case words joined by hyphens'),
    role: z.enum(hookRoles),
    file: relativePath,
    functions: z.array(identifier).min(1).describe('the function, newest name first, then its old names'),
    at: position,
    needs: z
      .array(
        z.strictObject({
          name: z.string().min(1).describe('identifier that the text uses, or `struct name`'),
          type: z.string().optional().describe('its declared type, e.g. `struct net_device *`'),
        }),
      )
      .default([]),
    order: z
      .array(z.array(pattern).min(1))
      .default([])
      .describe(
        'statements that must be in the function, in this order, each once; alternatives in the inner list; "@" is the hook',
      ),
    macros: z
      .array(identifier)
      .default([])
      .describe(
        'names in anchors and order that this driver defines as macros; any other such name is refused',
      ),
    straight: z
      .boolean()
      .default(false)
      .describe(
        'no return, goto or label may stand in front of the hook: every call of the function passes it',
      ),
    text: z.string().min(1).optional(),
    variants: z.array(variant).min(1).optional(),
    required: z.boolean().default(true),
    why: z.string().optional(),
  })
  .refine((hook) => (hook.text === undefined) !== (hook.variants === undefined), {
    message: 'give either text or variants',
  });

/** A census of an identifier: every function that uses it must be known to the port. */
const census = z.strictObject({
  identifier: z.string().min(1),
  file: relativePath,
  functions: z.array(identifier),
  why: z.string().min(1),
});

/** Relocations the compiled object must have; functions include those that the compiler inlines into. */
const expectedReference = z.strictObject({
  object: relativePath.describe('e.g. r8169_main.o'),
  symbol: identifier,
  functions: z.array(identifier).min(1),
  atLeast: z.number().int().positive().default(1),
  hooks: z.array(z.string()).default([]).describe('ids of the hooks that this proves'),
});

export const manifestSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: z.string().regex(/^[a-z0-9][a-z0-9_.-]*$/),
    title: z.string().optional(),
    path: relativePath.describe('full path below the kernel sources, e.g. drivers/net/ethernet/realtek'),
    kind: z.enum(['directory', 'file']),
    files: z.array(relativePath).min(1).describe('files that hooks go into, relative to the driver'),
    keyFile: relativePath.describe('file whose presence says that this is the driver'),
    kconfig: z.string().regex(/^CONFIG_[A-Z0-9_]+$/),
    module: z
      .string()
      .regex(/^\w[\w-]*$/, 'must be a module name')
      .describe('kernel module that is loaded, without .ko'),
    bridge: z.strictObject({ headers: z.array(relativePath).min(1) }),
    device: z.strictObject({
      models: z
        .array(z.strictObject({ id: z.string(), emulator: z.string(), what: z.string() }))
        .describe('machines that can run the port; empty: it cannot be run without hardware'),
      why: z.string().optional(),
    }),
    hooks: z.array(hookSchema).min(1),
    census: z.array(census).default([]),
    expectRefs: z.array(expectedReference).default([]),
    waivers: z
      .array(z.strictObject({ role: z.enum(hookRoles), why: z.string().min(20) }))
      .default([])
      .describe('roles that this driver does without, and why'),
    notes: z.array(z.string()).default([]),
  })
  .superRefine((manifest, context) => {
    const seen = new Set<string>();
    manifest.hooks.forEach((hook, index) => {
      if (seen.has(hook.id))
        context.addIssue({ code: 'custom', path: ['hooks', index, 'id'], message: 'used twice' });
      seen.add(hook.id);
      if (!manifest.files.includes(hook.file))
        context.addIssue({ code: 'custom', path: ['hooks', index, 'file'], message: 'not among files' });
    });
    for (const role of ['include', 'attach', 'detach', 'ring-reset'] as const) {
      const present = manifest.hooks.some((hook) => hook.role === role && hook.required);
      const waived = manifest.waivers.some((waiver) => waiver.role === role);
      if (!present && !waived)
        context.addIssue({
          code: 'custom',
          path: ['hooks'],
          message: `no required hook of role ${role}: add one, or a waiver that says why the driver needs none`,
        });
    }
    manifest.expectRefs.forEach((reference, index) => {
      for (const id of reference.hooks)
        if (!seen.has(id))
          context.addIssue({
            code: 'custom',
            path: ['expectRefs', index, 'hooks'],
            message: `no hook ${id}`,
          });
    });
  });

export type Manifest = z.infer<typeof manifestSchema>;
export type Hook = z.infer<typeof hookSchema>;
export type Position = Hook['at'];
export type ExpectedReference = Manifest['expectRefs'][number];

/** JSON Schema of a manifest, for editors. */
export function manifestJsonSchema(): unknown {
  return z.toJSONSchema(manifestSchema, { io: 'input' });
}

/**
 * @param text content of a manifest
 * @param source its file name, for messages
 * @throws NetmapError `manifest-invalid` naming every wrong member
 */
export function parseManifest(text: string, source: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(source, (error as Error).message);
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success)
    throw invalid(
      source,
      result.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`).join('\n'),
    );
  return result.data;
}

/** Reads `<directory>/manifest.json`. @throws NetmapError `manifest-missing`, `manifest-invalid` */
export async function loadManifest(directory: string, files: Pick<Files, 'readBytes'>): Promise<Manifest> {
  const file = path.join(directory, 'manifest.json');
  let text: string;
  try {
    text = (await files.readBytes(file)).toString();
  } catch (error) {
    throw new NetmapError({
      code: 'manifest-missing',
      what: `there is no driver manifest ${file}`,
      why: (error as NodeJS.ErrnoException).code ?? String(error),
      mend: 'name one of the drivers in drivers/, or start one: netmap-port-driver new FOLDER',
    });
  }
  return parseManifest(text, file);
}

function invalid(source: string, why: string): NetmapError {
  return new NetmapError({
    code: 'manifest-invalid',
    what: `the driver manifest ${source} is not valid`,
    why,
    mend: 'correct the members named above; netmap-port-driver schema describes them',
  });
}
