const SYSTEM_CODES = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EIO"]);
const SQLITE = /^SQLITE_(?:FULL|IOERR|READONLY|CANTOPEN|PERM|CORRUPT|NOTADB|BUSY|LOCKED)/u;

/** True for what the disk or the database file does to us; a broken rule of our own tables is not that. */
export const isStorageError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error &&
  "code" in error &&
  typeof error.code === "string" &&
  (SYSTEM_CODES.has(error.code) || SQLITE.test(error.code));
