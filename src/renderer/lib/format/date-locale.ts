/** English dates are written with the day first, as everywhere else on the page: "22 Nov 2026" and never 11/22. */
export const dateLocale = (locale: string): string => (locale === "en" ? "en-GB" : locale);
