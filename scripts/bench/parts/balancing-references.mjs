// @ts-check
// What figures are compared to: published, or measured with another simulator on the same data, and our own targets.

/** ACN-Sim's notebook, March 2019, per cent of the energy asked for; 10 kW is published, the rest measured elsewhere. */
export const ACN_SIM = /** @type {const} */ ({
  fcfs: { 10: 34.65, 20: 67.7, 30: 80.5, 40: 90.9, 50: 95.7 },
  edf: { 10: 36.94, 20: 72.2, 30: 86.3, 40: 96.6, 50: 99.1 },
  llf: { 10: 36.82, 20: 70.7, 30: 86.5, 40: 97.7, 50: 99.7 },
  rr: { 10: 43.85, 20: 68.8, 30: 83.3, 40: 91.6, 50: 96.4 },
});

/** Main limits of the European site, in A per phase. */
export const LIMITS_A = [40, 60, 80, 100, 120, 140, 160];

/** @typedef {readonly [energy: number, jain: number | null]} Pair */
/** @typedef {{ name: import("../../../src/core/replay/index.ts").PolicyName, information: import("../../../src/core/replay/index.ts").Information, from_A: number, values: readonly Pair[], shares?: readonly number[] }} Line */

/** @param {string} text energies, each perhaps with Jain behind a stroke @returns {readonly Pair[]} */
const pairs = (text) =>
  text.split(" ").map((one) => {
    const [energy = "", jain] = one.split("/");
    return [Number(energy), jain === undefined ? null : Number(jain)];
  });

/** Any current, ideal batteries. @type {readonly Line[]} */
export const CONTINUOUS = [
  {
    name: "edf",
    information: "truth",
    from_A: 40,
    values: pairs("39.74/.60 54.93/.73 69.07/.84 81.48/.92 90.97/.97 96.57/.99 98.86/1"),
  },
  {
    name: "llf",
    information: "truth",
    from_A: 40,
    values: pairs("39.46/.48 54.74/.62 68.68/.74 80.73/.86 91.63/.95 97.99/.99 99.98/1"),
  },
  {
    name: "fcfs",
    information: "truth",
    from_A: 40,
    values: pairs("38.86/.46 53.87/.60 67.25/.73 78.07/.83 86.37/.90 92.30/.95 96.27/.98"),
  },
  {
    name: "max-min",
    information: "truth",
    from_A: 40,
    values: pairs("39.61/.71 55.01/.82 68.55/.89 80.07/.94 88.71/.97 94.10/.99 96.98/1"),
  },
  {
    name: "edf",
    information: "declared",
    from_A: 40,
    values: pairs("38.44/.53 52.97/.67 66.39/.78 77.38/.87 86.29/.93 92.22/.96 95.95/.98"),
  },
  { name: "static", information: "truth", from_A: 40, values: pairs("16.9 24.5 31.4 37.6 43.1 47.8 52.2") },
  {
    name: "chargehand",
    information: "truth",
    from_A: 40,
    values: pairs("39.88/.79 55.73/.88 69.86/.93 82.13/.97 91.72/.99 97.64/1 99.73/1"),
    shares: [95.5, 95.5, 95.5, 95.5, 95.5, 95.5],
  },
  {
    name: "chargehand",
    information: "declared",
    from_A: 40,
    values: pairs("39.96/.70 55.26/.81 68.99/.89 80.88/.94 89.17/.97 94.78/.99 97.77/1"),
  },
  {
    name: "chargehand",
    information: "history",
    from_A: 40,
    values: pairs("39.65/.71 54.79/.82 68.10/.90 79.26/.95 87.66/.97 93.52/.99 96.68/1"),
  },
  {
    name: "chargehand",
    information: "none",
    from_A: 40,
    values: pairs("39.91/.66 55.26/.77 68.82/.86 80.24/.92 88.51/.96 94.05/.98 97.06/.99"),
  },
];

/** At least 6 A, whole amperes, ideal batteries. @type {readonly Line[]} */
export const WITH_MINIMUM = [
  {
    name: "chargehand",
    information: "none",
    from_A: 60,
    values: pairs("54.56/.833 68.04/.896 79.62/.941 88.36/.971 93.83/.986 96.79/.994"),
    shares: [92.7, 92.7, 92.7, 92.7, 92.7],
  },
  {
    name: "chargehand",
    information: "history",
    from_A: 60,
    values: pairs("54.34/.800 67.68/.898 79.03/.948 88.35/.974 93.89/.988 96.89/.994"),
  },
  {
    name: "chargehand",
    information: "declared",
    from_A: 60,
    values: pairs("54.77/.756 68.62/.858 80.25/.930 88.99/.972 94.51/.989 97.63/.997"),
    shares: [93.4, 93.4, 93.4, 93.4, 93.4],
  },
  {
    name: "chargehand",
    information: "truth",
    from_A: 60,
    values: pairs("55.68/.788 70.13/.887 82.23/.949 90.14/.978 95.81/.993 98.78/.999"),
    shares: [97.0, 96.9, 95.7, 94.6, 96.6, 98.7],
  },
];
