/** What a name stands for while an expression is worked out; `null`: unknown. */
export type Operand = number | string | boolean | null;
export type Expression = {
  /** Names whose values it needs. */
  readonly names: ReadonlySet<string>;
  /** `null` when something it needs is unknown. */
  readonly value: (of: (name: string) => Operand) => Operand;
};
export type ParsedExpression =
  { readonly ok: true; readonly expression: Expression } | { readonly ok: false; readonly expected: string };

type Token = { readonly kind: "number" | "text" | "name" | "sign" | "end"; readonly text: string };
type Node = (of: (name: string) => Operand) => Operand;
/** A number keeps how it was written: 5.22 as a version is newer than 5.9. */
type Part = { readonly node: Node; readonly written: string | null };

const TOKEN = /\s*(?:(0x[0-9a-f]+|\d+(?:\.\d+)*)|"([^"]*)"|([a-z_][a-z0-9_]*)|(>=|<=|==|!=|[<>+\-*/?:()[\],]))/iuy;
/** Longer expressions are a mistake, not a profile. */
const LENGTH_max = 300;

class Unreadable extends Error {}

/**
 * Reads the small language of `when` and `derived`: numbers, "texts", names, `+ - * /`, comparisons, `in [..]`, `and`,
 * `or`, `not`, `a ? b : c` and `bit(name, n)`. Texts compare with numbers as versions, part by part.
 */
export function parseExpression(source: string): ParsedExpression {
  try {
    const parser = new Parser(tokensOf(source));
    const { node } = parser.choice();
    parser.take("end");
    return { ok: true, expression: { names: parser.names, value: node } };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, expected: error.message };
    throw error;
  }
}

const compiled = new Map<string, Expression | null>();
/** Expressions come from documents, of which there are few; an unreadable one (refused when loaded) is unknown. */
export function expressionOf(source: string): Expression | null {
  const ready = compiled.get(source);
  if (ready !== undefined) return ready;
  const parsed = parseExpression(source);
  const expression = parsed.ok ? parsed.expression : null;
  compiled.set(source, expression);
  return expression;
}

/** Whether a condition is known to hold; no condition always does. */
export const holds = (when: string | undefined, of: (name: string) => Operand): boolean =>
  when === undefined || expressionOf(when)?.value(of) === true;

function tokensOf(source: string): readonly Token[] {
  if (source.length > LENGTH_max) throw new Unreadable(`an expression of at most ${String(LENGTH_max)} characters`);
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== "") {
    const from = TOKEN.lastIndex;
    const [, number, text, name, sign] = TOKEN.exec(source) ?? [];
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (text !== undefined) tokens.push({ kind: "text", text });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else throw new Unreadable(`an expression, without "${source.slice(from).trim()}"`);
  }
  return [...tokens, { kind: "end", text: "" }];
}

class Parser {
  readonly names = new Set<string>();
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  choice(): Part {
    const condition = this.#either();
    if (!this.#accept("?")) return condition;
    const yes = this.choice();
    this.take(":");
    const no = this.choice();
    return computed((of) => {
      const chosen = condition.node(of);
      return chosen === null ? null : chosen === true ? yes.node(of) : no.node(of);
    });
  }

  take(text: string): void {
    if (text === "end" ? this.#next().kind === "end" : this.#accept(text)) return;
    throw new Unreadable(text === "end" ? `the expression to end before "${this.#next().text}"` : `"${text}"`);
  }

  #either(): Part {
    let left = this.#both();
    while (this.#accept("or")) left = logic(left, this.#both(), true);
    return left;
  }

  #both(): Part {
    let left = this.#negated();
    while (this.#accept("and")) left = logic(left, this.#negated(), false);
    return left;
  }

  #negated(): Part {
    if (!this.#accept("not")) return this.#comparison();
    const inner = this.#negated();
    return computed((of) => {
      const value = inner.node(of);
      return typeof value === "boolean" ? !value : null;
    });
  }

  #comparison(): Part {
    const left = this.#sum();
    if (this.#accept("in")) return this.#membership(left);
    const sign = [">=", "<=", "==", "!=", "<", ">"].find((one) => this.#accept(one));
    if (sign === undefined) return left;
    return comparison(sign, left, this.#sum());
  }

  #membership(left: Part): Part {
    this.take("[");
    const list = [this.#sum()];
    while (this.#accept(",")) list.push(this.#sum());
    this.take("]");
    const equal = list.map((one) => comparison("==", left, one));
    return equal.reduce((a, b) => logic(a, b, true));
  }

  #sum(): Part {
    let left = this.#product();
    for (;;) {
      if (this.#accept("+")) left = arithmetic(left, this.#product(), (a, b) => a + b);
      else if (this.#accept("-")) left = arithmetic(left, this.#product(), (a, b) => a - b);
      else return left;
    }
  }

  #product(): Part {
    let left = this.#primary();
    for (;;) {
      if (this.#accept("*")) left = arithmetic(left, this.#primary(), (a, b) => a * b);
      else if (this.#accept("/")) left = arithmetic(left, this.#primary(), (a, b) => (b === 0 ? NaN : a / b));
      else return left;
    }
  }

  #primary(): Part {
    const token = this.#next();
    this.#at += 1;
    switch (token.kind) {
      case "number":
        return { node: () => Number(token.text.split(".").slice(0, 2).join(".")), written: token.text };
      case "text":
        return { node: () => token.text, written: null };
      case "name":
        return token.text === "bit" ? this.#bit() : this.#named(token.text);
      case "sign":
      case "end": {
        if (token.text !== "(") throw new Unreadable(`a value instead of "${token.text}"`);
        const inner = this.choice();
        this.take(")");
        return inner;
      }
    }
  }

  #bit(): Part {
    this.take("(");
    const word = this.choice();
    this.take(",");
    const index = this.choice();
    this.take(")");
    return computed((of) => {
      const [value, at] = [word.node(of), index.node(of)];
      return typeof value === "number" && typeof at === "number" ? Math.floor(value / 2 ** at) % 2 === 1 : null;
    });
  }

  #named(name: string): Part {
    this.names.add(name);
    return computed((of) => of(name));
  }

  #next(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "" };
  }

  #accept(text: string): boolean {
    const token = this.#next();
    if (token.text !== text || (token.kind !== "sign" && token.kind !== "name")) return false;
    this.#at += 1;
    return true;
  }
}

const computed = (node: Node): Part => ({ node, written: null });

/** `or` with one true is true, `and` with one false is false, whatever the other is. */
const logic = (a: Part, b: Part, decisive: boolean): Part =>
  computed((of) => {
    const [left, right] = [a.node(of), b.node(of)];
    if (left === decisive || right === decisive) return decisive;
    return left === !decisive && right === !decisive ? !decisive : null;
  });

const arithmetic = (a: Part, b: Part, act: (a: number, b: number) => number): Part =>
  computed((of) => {
    const [left, right] = [a.node(of), b.node(of)];
    if (typeof left !== "number" || typeof right !== "number") return null;
    const result = act(left, right);
    return Number.isFinite(result) ? result : null;
  });

function comparison(sign: string, a: Part, b: Part): Part {
  return computed((of) => {
    const [left, right] = [a.node(of), b.node(of)];
    if (left === null || right === null) return null;
    const order = orderOf(left, right, b.written);
    if (order === null) return null;
    switch (sign) {
      case ">=":
        return order >= 0;
      case "<=":
        return order <= 0;
      case "==":
        return order === 0;
      case "!=":
        return order !== 0;
      case "<":
        return order < 0;
      default:
        return order > 0;
    }
  });
}

function orderOf(left: Operand, right: Operand, written: string | null): number | null {
  if (typeof left === "string" && typeof right === "number") return versionOrder(left, written ?? String(right));
  if (typeof left === "number" && typeof right === "number") return left - right;
  return left === right ? 0 : 1;
}

/** "5.22" is newer than "5.9", and "V3.156.0-rc1" is 3.156.0. */
function versionOrder(shown: string, wanted: string): number | null {
  const found = /\d+(?:\.\d+)*/u.exec(shown)?.[0];
  if (found === undefined) return null;
  const [ours, theirs] = [found.split(".").map(Number), wanted.split(".").map(Number)];
  for (let i = 0; i < Math.max(ours.length, theirs.length); i += 1) {
    const difference = (ours[i] ?? 0) - (theirs[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
