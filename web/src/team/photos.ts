import { phrase } from "../words/language";

export interface Place {
  latitude: number;
  longitude: number;
}

const PLACE_MS = 8000;
const PLACE_AGE_MS = 120_000;

/** Where the phone is; undefined when it does not know or may not say. */
export function whereAmI(): Promise<Place | undefined> {
  if (!("geolocation" in navigator)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude }),
      () => resolve(undefined),
      { enableHighAccuracy: true, timeout: PLACE_MS, maximumAge: PLACE_AGE_MS },
    );
  });
}

/** Where the device is and how far it may be wrong, or why it does not say. Asked on a tap alone. */
export function position(): Promise<(Place & { accuracy_m: number }) | "denied" | "unavailable"> {
  if (!("geolocation" in navigator)) return Promise.resolve("unavailable");
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy_m: Math.round(coords.accuracy) }),
      (error) => resolve(error.code === error.PERMISSION_DENIED ? "denied" : "unavailable"),
      { enableHighAccuracy: true, timeout: 2 * PLACE_MS, maximumAge: 0 },
    );
  });
}

const KEEP_AS_IT_IS = 4 * 1024 * 1024;
const LONGEST_EDGE = 2560;

/**
 * A photo small enough for a weak link: a large one is drawn anew. Its place and time go beside it, so nothing is lost
 * but pixels; what can not be drawn goes as it is.
 */
export async function lighter(file: Blob): Promise<Blob> {
  if (file.size <= KEEP_AS_IT_IS) return file;
  try {
    const picture = await createImageBitmap(file);
    const part = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
    const canvas = new OffscreenCanvas(Math.round(picture.width * part), Math.round(picture.height * part));
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const drawn = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
    return drawn.size < file.size ? drawn : file;
  } catch {
    return file;
  }
}

/** Metres between two places on a sphere. */
export function metres(one: Place, other: Place): number {
  const rad = Math.PI / 180;
  const [dLat, dLon] = [(other.latitude - one.latitude) * rad, (other.longitude - one.longitude) * rad];
  const a = Math.sin(dLat / 2) ** 2 + Math.cos(one.latitude * rad) * Math.cos(other.latitude * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.sqrt(a));
}

export function distanceWords(away: number): string {
  return away < 1000 ? phrase("photos.metres", { away: Math.round(away / 10) * 10 }) : phrase("photos.kilometres", { away: (away / 1000).toFixed(away < 10_000 ? 1 : 0) });
}
