const SIZE_px = 6;

/** Stripes in a colour on a faint ground: how a part of the time, or what is not known, looks. */
export function hatch(colour: string, ground: string): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = SIZE_px;
  tile.height = SIZE_px;
  const pen = tile.getContext("2d");
  if (pen === null) return colour;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, SIZE_px, SIZE_px);
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  for (const shift of [-SIZE_px, 0, SIZE_px]) {
    pen.moveTo(shift, SIZE_px);
    pen.lineTo(shift + SIZE_px, 0);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat") ?? colour;
}
