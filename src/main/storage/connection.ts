import type Database from "better-sqlite3";
import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Tables } from "./tables.ts";

// Kysely builds and types the SQL; better-sqlite3 runs it at once and in the same call, so that a write that has
// returned is on the disk. Kysely's own drivers are asynchronous and would let another message in between.

/** Builds queries only; running one through it is an error. */
export const sqlBuilder = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** Filters build different texts; beyond this many the cache starts anew. */
const STATEMENTS_MAX = 400;

type Runnable<Row> = Compilable<Row> | CompiledQuery<Row>;

/** One open database file with its prepared statements. */
export type Connection = {
  readonly all: <Row>(query: Runnable<Row>) => Row[];
  readonly first: <Row>(query: Runnable<Row>) => Row | undefined;
  /** Number of rows written. */
  readonly run: (query: Runnable<unknown>) => number;
  /** A statement for plain SQL, prepared once. */
  readonly prepared: <Parameters extends unknown[], Row>(sql: string) => Database.Statement<Parameters, Row>;
  /** Everything in `work` is written or nothing; inside another transaction it is part of that one. */
  readonly transaction: <T>(work: () => T) => T;
};

/** Wraps an open database; the statement cache lives as long as the connection. */
export function connectionOf(db: Database.Database): Connection {
  const cache = new Map<string, unknown>();
  function prepared<Parameters extends unknown[], Row>(sql: string): Database.Statement<Parameters, Row> {
    const known = cache.get(sql);
    if (isStatement<Parameters, Row>(known)) return known;
    if (cache.size >= STATEMENTS_MAX) cache.clear();
    const statement = db.prepare<Parameters, Row>(sql);
    cache.set(sql, statement);
    return statement;
  }
  const compiled = <Row>(query: Runnable<Row>): CompiledQuery<Row> => ("compile" in query ? query.compile() : query);
  return {
    all: <Row>(query: Runnable<Row>) => {
      const { sql, parameters } = compiled(query);
      return prepared<unknown[], Row>(sql).all(...parameters);
    },
    first: <Row>(query: Runnable<Row>) => {
      const { sql, parameters } = compiled(query);
      return prepared<unknown[], Row>(sql).get(...parameters);
    },
    run: (query) => {
      const { sql, parameters } = compiled(query);
      return prepared<unknown[], never>(sql).run(...parameters).changes;
    },
    prepared,
    transaction: (work) => (db.inTransaction ? db.transaction(work)() : db.transaction(work).immediate()),
  };
}

/** The cache is keyed by the SQL text, and a text has one row type wherever it is used. */
function isStatement<Parameters extends unknown[], Row>(value: unknown): value is Database.Statement<Parameters, Row> {
  return value !== undefined;
}
