// What makers call the settings that nobody may read: the standard's own, and those of their radio and mobile links.

const SECRET =
  /pass[-_ ]?(?:word|wd|phrase)|passwd|authori[sz]ation[-_ ]?key|secret|private[-_ ]?key|pre[-_ ]?shared|\bpsk\b|api[-_ ]?key|wifi[-_ ]?key|wpa[-_ ]?key|\bpin\b|SimPin/iu;
/** User and password of an address: `ftp://user:password@host`. */
const IN_ADDRESS = /(\b[a-z]{2,10}:\/\/)[^/\s"@]+@/giu;

/** Whether a setting of this name may hold a password or key. */
export const isSecretName = (name: string): boolean => SECRET.test(name);

/** Whether a message may carry one, by a name in it or in an address. */
export const mayHoldSecret = (text: string): boolean => SECRET.test(text) || text.search(IN_ADDRESS) >= 0;

/** The text without the user and password of the addresses in it. */
export const withoutSecrets = (text: string): string => text.replaceAll(IN_ADDRESS, "$1…@");
