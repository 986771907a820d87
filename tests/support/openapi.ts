import Ajv, { type ValidateFunction } from "ajv";
import type { Manifest } from "../../export/manifests";

/** A schema among `components/schemas` of a document below `/openapi/v3`. */
export interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
}

/**
 * Checks objects against the schemas of an API server, strictly: a field that the schema does not have is an error.
 *
 * @returns faults by object, as `/spec/replicas must be integer`; undefined for a kind that `schemas` do not have
 */
export function manifestValidator(
  schemas: Readonly<Record<string, Schema>>,
): (object: Manifest) => string[] | undefined {
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
  const strict = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closed(schema)]));
  ajv.addSchema({ $id: "server", components: { schemas: strict } });
  const compiled = new Map<string, ValidateFunction>();

  return (object) => {
    const name = Object.keys(schemas).find((key) => describes(schemas[key] as Schema, object));
    if (name === undefined) return undefined;
    const validate = compiled.get(name) ?? ajv.compile({ $ref: `server#/components/schemas/${name}` });
    compiled.set(name, validate);
    validate(object);
    return (validate.errors ?? []).map(
      ({ instancePath, message = "", params }) =>
        `${instancePath} ${message}${params.additionalProperty === undefined ? "" : ` (${params.additionalProperty})`}`,
    );
  };
}

/** The published schemas allow any other field, which strict validation on the server does not. */
const closed = (schema: Schema): Schema =>
  schema.properties === undefined ? schema : { additionalProperties: false, ...schema };

function describes(schema: Schema, { apiVersion, kind }: Manifest): boolean {
  const kinds = schema["x-kubernetes-group-version-kind"] ?? [];
  return kinds.some((own) => own.kind === kind && [own.group, own.version].filter(Boolean).join("/") === apiVersion);
}
