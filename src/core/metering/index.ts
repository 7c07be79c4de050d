export { energyOf, heldEnergy, nextEnergy, NO_ENERGY, type EnergyRegister } from "./energy-register.ts";
export { outOfRange, QUARANTINED_MAX, withinRating, type Quarantined, type Range, type Rating } from "./quarantine.ts";
