// The functions of exponential integrators (Hochbruck and Ostermann 2005).

/** (e^z - 1) / z. */
export const phi1 = (z: number): number => Math.expm1(z) / z;
/** (phi1(z) - 1) / z. */
export const phi2 = (z: number): number => (phi1(z) - 1) / z;
