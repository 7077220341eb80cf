interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

const radiusOfEarth = 6371.0088;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Kilometres between two places on the globe (haversine formula). */
export function distance(a: Position, b: Position): number {
  const half =
    Math.sin(radians(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(radians(a.latitude)) *
      Math.cos(radians(b.latitude)) *
      Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * radiusOfEarth * Math.asin(Math.min(1, Math.sqrt(half)));
}
