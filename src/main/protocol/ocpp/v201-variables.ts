import { field, isObject, readDecimal, readList, readText, readWhole, type JsonObject } from "./json.ts";

// OCPP 2.0.1 part 2, 2.1: the device model. A variable stands at a component, perhaps of an EVSE or connector, and both
// may have instances.

/** Where a variable stands; `null`: the part is left out. */
export type VariableAddress = {
  readonly component: string;
  readonly componentInstance: string | null;
  readonly evse: number | null;
  readonly connector: number | null;
  readonly variable: string;
  readonly variableInstance: string | null;
};

/** One variable of a NotifyReport, its actual value and what may be written there. */
export type ReportedVariable = {
  readonly address: VariableAddress;
  /** `null`: none, or it can only be written. */
  readonly value: string | null;
  readonly mutability: "ReadOnly" | "WriteOnly" | "ReadWrite";
  readonly unit: string | null;
  readonly type: string | null;
  readonly lowest: number | null;
  readonly highest: number | null;
  readonly choices: readonly string[];
};

const NAME_CHARS_MAX = 50;
const VALUE_CHARS_MAX = 2500;
const WORD_CHARS_MAX = 500;
const CHOICES_MAX = 100;
const ACTUAL = "actual";

const shortText = (value: unknown): string | null => readText(value)?.slice(0, NAME_CHARS_MAX) ?? null;
const natural = (value: unknown): number | null => {
  const number = readWhole(value);
  return number !== null && number >= 0 ? number : null;
};
const objectAt = (payload: JsonObject, name: string): JsonObject => {
  const value = field(payload, name);
  return isObject(value) ? value : {};
};

/** One entry of `reportData`, as a list of one; of an entry that names no variable nothing is left. Never throws. */
export function reportedVariable(entry: unknown): readonly ReportedVariable[] {
  const address = isObject(entry) ? addressOf(entry) : null;
  if (address === null || !isObject(entry)) return [];
  const attributes = (readList(field(entry, "variableAttribute")) ?? []).filter(isObject);
  // A variable may also tell its target, lowest and highest setting; without a type it is the actual value.
  const actual = attributes.find((one) => (readText(field(one, "type"))?.toLowerCase() ?? ACTUAL) === ACTUAL) ?? {};
  const characteristics = objectAt(entry, "variableCharacteristics");
  const choices = readText(field(characteristics, "valuesList"))?.split(",") ?? [];
  const mutability = mutabilityOf(readText(field(actual, "mutability")));
  return [
    {
      address,
      value: mutability === "WriteOnly" ? null : valueOf(field(actual, "value")),
      mutability,
      unit: shortText(field(characteristics, "unit")),
      type: shortText(field(characteristics, "dataType")),
      lowest: readDecimal(field(characteristics, "minLimit")),
      highest: readDecimal(field(characteristics, "maxLimit")),
      choices: choices.slice(0, CHOICES_MAX).map((choice) => choice.trim().slice(0, WORD_CHARS_MAX)),
    },
  ];
}

/** Component and variable with what tells them apart from others of the name: `EVSE#1.Power`, `Connector#1/2.Type[x]`. */
export function variablePath(address: VariableAddress): string {
  const { component, componentInstance, evse, connector, variable, variableInstance } = address;
  const at = evse === null ? "" : `#${String(evse)}${connector === null ? "" : `/${String(connector)}`}`;
  const instance = (name: string | null): string => (name === null ? "" : `[${name}]`);
  return `${component}${instance(componentInstance)}${at}.${variable}${instance(variableInstance)}`;
}

/** The two parts of a request that name a variable. */
export function wireAddress(address: VariableAddress): JsonObject {
  const { component, componentInstance, evse, connector, variable, variableInstance } = address;
  const named = (name: string, instance: string | null): JsonObject =>
    instance === null ? { name } : { name, instance };
  const at = evse === null ? {} : { evse: connector === null ? { id: evse } : { id: evse, connectorId: connector } };
  return { component: { ...named(component, componentInstance), ...at }, variable: named(variable, variableInstance) };
}

function addressOf(entry: JsonObject): VariableAddress | null {
  const component = objectAt(entry, "component");
  const variable = objectAt(entry, "variable");
  const evse = objectAt(component, "evse");
  const [name, own] = [shortText(field(component, "name")), shortText(field(variable, "name"))];
  if (name === null || own === null) return null;
  return {
    component: name,
    componentInstance: shortText(field(component, "instance")),
    evse: natural(field(evse, "id")),
    connector: natural(field(evse, "connectorId")),
    variable: own,
    variableInstance: shortText(field(variable, "instance")),
  };
}

const valueOf = (raw: unknown): string | null =>
  typeof raw === "boolean" ? String(raw) : (readText(raw)?.slice(0, VALUE_CHARS_MAX) ?? null);

/** Left out it is both (part 2, VariableAttributeType). */
const mutabilityOf = (word: string | null): ReportedVariable["mutability"] =>
  word === "ReadOnly" || word === "WriteOnly" ? word : "ReadWrite";
