import { join } from "node:path";
import PDFDocument from "pdfkit";

// A thin layer over pdfkit: places text by its baseline, fits it to a width, and tags it for screen readers.

export const MM = 72 / 25.4;

/** Ink of a print: neutrals and one quiet blue. sRGB, as PDF/A's output intent says. */
export const INK = {
  text: "#10151B",
  muted: "#566270",
  line: "#C9D0D8",
  hair: "#E4E8EC",
  accent: "#0A4A8F",
  demo: "#7A1FC2",
  wash: "#F4EDFA",
} as const;

export type Ink = (typeof INK)[keyof typeof INK];
export type Weight = "regular" | "semibold";

export type TextStyle = {
  readonly size: number;
  readonly weight?: Weight;
  readonly ink?: Ink;
  /** Which edge of the text stands at x. */
  readonly align?: "left" | "right";
  /** Figures of equal width, so that columns align and totals stand under their parts. */
  readonly tabular?: boolean;
};

const FONT_FILES: Readonly<Record<Weight, string>> = { regular: "Inter-Regular.ttf", semibold: "Inter-SemiBold.ttf" };

/** Characters of our cut of Inter (resources/fonts/README.md): Latin, Greek, Cyrillic, Vietnamese, currency signs. */
const UNCOVERED =
  /[^\u0020-\u007E\u00A0-\u024F\u0259\u02C6\u02DA\u02DC\u0300-\u0304\u0306-\u030C\u0323\u0326-\u0328\u0370-\u03FF\u0400-\u052F\u1E00-\u1EFF\u2010-\u2027\u202F-\u205E\u20A0-\u20BF\u2116\u2122\u2190-\u2193\u2212\uFFFD]/gu;
const ELLIPSIS = "…";

/** Text as it can be printed: control characters become spaces, letters that the font lacks become U+FFFD. */
export const printable = (text: string): string =>
  text
    .normalize("NFC")
    .replaceAll(/[\u0000-\u001F\u007F-\u009F]/gu, " ")
    .replaceAll(UNCOVERED, "\uFFFD");

export type PenOptions = {
  readonly title: string;
  readonly subject: string;
  readonly language: string;
  readonly created_at_ms: number;
  readonly fontsFolder: string;
};

export type Tag = "H1" | "H2" | "P" | "Table" | "TR" | "TH" | "TD" | "Sect";
type Structure = PDFKit.PDFStructureElement;

/** Draws a tagged A4 document. Coordinates are points from the upper left corner; y is the text's baseline. */
export class PagePen {
  readonly #pdf: PDFKit.PDFDocument;
  readonly #chunks: Uint8Array[] = [];
  readonly #finished: Promise<void>;
  readonly #root: Structure;
  readonly #open: Structure[] = [];

  constructor(options: PenOptions) {
    const { title, subject, language, created_at_ms, fontsFolder } = options;
    const created = new Date(created_at_ms);
    // The date is the document's own and ids follow from it: the same document gives the same bytes.
    const info = {
      Title: xmlSafe(title),
      Subject: xmlSafe(subject),
      Creator: "Chargehand",
      Producer: "Chargehand",
      CreationDate: created,
      ModDate: created,
    };
    this.#pdf = new PDFDocument({
      size: "A4",
      margin: 0,
      autoFirstPage: false,
      pdfVersion: "1.7",
      subset: "PDF/A-3b",
      tagged: true,
      displayTitle: true,
      lang: language,
      info,
    });
    this.#finished = new Promise((resolve, reject) => {
      this.#pdf.on("data", (chunk: Uint8Array) => this.#chunks.push(chunk));
      this.#pdf.on("end", () => {
        resolve();
      });
      this.#pdf.on("error", reject);
    });
    for (const [weight, file] of Object.entries(FONT_FILES)) this.#pdf.registerFont(weight, join(fontsFolder, file));
    this.#root = this.#pdf.struct("Document");
    this.#pdf.addStructure(this.#root);
    this.#open.push(this.#root);
  }

  addPage(): void {
    this.#pdf.addPage();
  }

  /** Draws inside a new element of the document's structure, below the one that is open. */
  tagged(tag: Tag, draw: () => void): void {
    const element = this.#pdf.struct(tag);
    this.#parent().add(element);
    this.#open.push(element);
    draw();
    this.#open.pop();
    element.end();
  }

  /** One piece of text as its own element. */
  say(tag: Tag, text: string, x: number, y: number, style: TextStyle): void {
    this.tagged(tag, () => {
      this.text(text, x, y, style);
    });
  }

  /** Marks what follows as the content of the open element. */
  text(text: string, x: number, y: number, style: TextStyle): void {
    this.#parent().add(() => {
      this.#draw(text, x, y, style);
    });
  }

  /** Lines, repeated heads and feet: no part of what is read out. */
  artifact(draw: () => void, kind: "Layout" | "Pagination" = "Layout"): void {
    this.#pdf.markContent("Artifact", { type: kind });
    draw();
    this.#pdf.endMarkedContent();
  }

  /** Untagged text, for use inside `artifact`. */
  mark(text: string, x: number, y: number, style: TextStyle): void {
    this.#draw(text, x, y, style);
  }

  line(x1: number, x2: number, y: number, ink: Ink, width = 0.5): void {
    this.#pdf.save().lineWidth(width).strokeColor(ink).moveTo(x1, y).lineTo(x2, y).stroke().restore();
  }

  /** A large quiet word across the page. */
  watermark(text: string, ink: Ink): void {
    const { width, height } = this.#pdf.page;
    this.#pdf.save().rotate(-35, { origin: [width / 2, height / 2] });
    const size = 150;
    const x = (width - this.width(text, { size, weight: "semibold" })) / 2;
    this.#draw(text, x, height / 2 + size / 3, { size, weight: "semibold", ink });
    this.#pdf.restore();
  }

  badge(text: string, right: number, y: number, ink: Ink): void {
    const style = { size: 8.5, weight: "semibold", ink } as const;
    const width = this.width(text, style) + 14;
    this.#pdf
      .save()
      .lineWidth(0.8)
      .strokeColor(ink)
      .roundedRect(right - width, y - 11, width, 16, 3)
      .stroke()
      .restore();
    this.#draw(text, right - width + 7, y, style);
  }

  width(text: string, style: TextStyle): number {
    const { size, weight = "regular" } = style;
    return this.#pdf.font(weight).fontSize(size).widthOfString(printable(text), featuresOf(style));
  }

  /** The text, or as much of its beginning as fits with an ellipsis. */
  fit(text: string, width: number, style: TextStyle): string {
    const shown = printable(text);
    if (this.width(shown, style) <= width) return shown;
    const letters = lettersOf(shown);
    let [low, high] = [0, letters.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.width(letters.slice(0, middle).join("").trimEnd() + ELLIPSIS, style) <= width) low = middle;
      else high = middle - 1;
    }
    return letters.slice(0, low).join("").trimEnd() + ELLIPSIS;
  }

  /** Breaks at spaces, and inside words longer than a line, into at most `linesMax` lines; a rest ends with an ellipsis. */
  wrap(text: string, width: number, style: TextStyle, linesMax: number): string[] {
    const lines = text.split(/\r?\n/u).flatMap((paragraph) => this.#brokenLines(printable(paragraph), width, style));
    const kept = lines.slice(0, linesMax);
    if (lines.length > linesMax) kept[linesMax - 1] = `${kept[linesMax - 1] ?? ""} ${ELLIPSIS}`;
    return kept.map((line) => this.fit(line, width, style));
  }

  #brokenLines(paragraph: string, width: number, style: TextStyle): string[] {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ").flatMap((long) => this.#brokenWord(long, width, style))) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && this.width(longer, style) > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line];
  }

  #brokenWord(word: string, width: number, style: TextStyle): string[] {
    const parts: string[] = [""];
    if (this.width(word, style) <= width) return [word];
    for (const letter of lettersOf(word)) {
      const longer = `${parts.at(-1) ?? ""}${letter}`;
      if (this.width(longer, style) <= width) parts[parts.length - 1] = longer;
      else parts.push(letter);
    }
    return parts;
  }

  async finish(): Promise<Uint8Array> {
    this.#root.end();
    this.#pdf.end();
    await this.#finished;
    return Buffer.concat(this.#chunks);
  }

  #parent(): Structure {
    return this.#open.at(-1) ?? this.#root;
  }

  #draw(text: string, x: number, y: number, style: TextStyle): void {
    const left = style.align === "right" ? x - this.width(text, style) : x;
    const { size, weight = "regular", ink = INK.text } = style;
    this.#pdf.font(weight).fontSize(size).fillColor(ink);
    this.#pdf.text(printable(text), left, y, { lineBreak: false, baseline: "alphabetic", ...featuresOf(style) });
  }
}

type Features = { readonly features: PDFKit.Mixins.OpenTypeFeatures[] };
const PROPORTIONAL: Features = { features: ["kern"] };
const TABULAR: Features = { features: ["tnum", "kern"] };
const featuresOf = (style: TextStyle): Features => (style.tabular === true ? TABULAR : PROPORTIONAL);

/** As a reader counts them, accents and all. */
const lettersOf = (text: string): string[] => Array.from(new Intl.Segmenter().segment(text), (part) => part.segment);

/** pdfkit writes titles into the XMP packet as they are. */
const xmlSafe = (text: string): string => printable(text).replaceAll(/[<>&]/gu, " ");
