/** OCPP 2.0.1 part 2, BasicAuthPassword; a 1.6 box takes 16 to 20 of them. */
const FOR_BOX = /^[A-Za-z0-9*\-_=:+|@.]{16,40}$/u;
const CHARS_MAX = 128;

export type PasswordForm = { readonly password: string; readonly tellBox: boolean };
export type PasswordMistake = "required" | "characters" | "forBox";

/** What has to be put right before a new password can be set; `null`: nothing. */
export function passwordMistake({ password, tellBox }: PasswordForm): PasswordMistake | null {
  if (password === "") return "required";
  if (password.length > CHARS_MAX || /\p{Cc}/u.test(password)) return "characters";
  return tellBox && !FOR_BOX.test(password) ? "forBox" : null;
}
