import { useTranslation } from "react-i18next";
import { knownAuthor } from "./commissioning-view.ts";

/** Who decided or tested, in words: the role, or the name where it is none. */
export function useAuthor(): (author: string) => string {
  const { t } = useTranslation("commissioning");
  return (author) => {
    const known = knownAuthor(author);
    return known === null ? author : t(`author.${known}`);
  };
}
