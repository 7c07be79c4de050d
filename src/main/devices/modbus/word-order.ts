import { registersOf, type WordOrder } from "../../protocol/modbus/index.ts";
import { decodeRegister, toCanonical, type DeviceProfile, type ProfileRegister } from "../profile/index.ts";

/** What a line-to-neutral voltage of a public grid is, in mV; documents and devices disagree on word order. */
const GRID_mV = [180_000, 260_000] as const;

/** The word order in which `words` are a grid voltage; `null` while both or none are, as before the mains is there. */
export function wordOrderSeen(
  profile: DeviceProfile,
  register: ProfileRegister,
  words: readonly number[],
): WordOrder | null {
  if (register.word_order !== undefined || !isWide(register)) return null;
  const isGrid = (word_order: WordOrder): boolean => {
    const value = toCanonical("voltage_l1", decodeRegister({ ...profile, word_order }, register, words), register.unit);
    return typeof value === "number" && value >= GRID_mV[0] && value <= GRID_mV[1];
  };
  const [msw, lsw] = [isGrid("msw"), isGrid("lsw")];
  return msw === lsw ? null : msw ? "msw" : "lsw";
}

const isWide = ({ type }: ProfileRegister): boolean => {
  switch (type) {
    case "ascii":
    case "utf16":
    case "hex":
    case "bits":
    case "bit":
      return false;
    default:
      return registersOf(type) > 1;
  }
};
