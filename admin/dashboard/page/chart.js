// Line charts of the last minutes, drawn as SVG.

import { h, list, setAttribute, setText } from "./dom.js";
import { time } from "./format.js";

const width = 300;
const height = 64;

/** Returns the smallest "round" number that is not below n: 1, 2, 5, 10, 20, 50, ... */
function roundUp(n) {
  const power = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((value) => value >= n);
}

/** Returns the path of a line through values, with a gap where a value is null. */
function linePath(values, top, length) {
  let path = "";
  let pen = "M";
  values.forEach((value, i) => {
    if (value === null) {
      pen = "M";
      return;
    }
    const x = ((length - values.length + i) / (length - 1)) * width;
    const y = height - (Math.min(value, top) / top) * (height - 2) - 1;
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  });
  return path;
}

/**
 * A chart of one or two series over the last `length` seconds, with marks for what happened at a moment. The figures below the
 * pointer are shown in its corner.
 */
export class Chart {
  /**
   * @param label what the chart shows, for screen readers
   * @param series one {name, format} for each line
   * @param length number of samples that fit
   */
  constructor({ label, series, length }) {
    this.label = label;
    this.series = series;
    this.length = length;
    this.lines = series.map((_, i) => h("path", { class: `line series-${i + 1}` }));
    this.areas = series.map((_, i) => h("path", { class: `area series-${i + 1}` }));
    this.marks = h("g", {});
    this.pointer = h("line", { class: "pointer", y1: 0, y2: height, visibility: "hidden" });
    this.svg = h("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" },
      this.marks, this.areas, this.lines, this.pointer);
    this.top = h("span", { class: "chart-top" });
    this.note = h("span", { class: "chart-note" });
    this.element = h("div", { class: "chart" }, this.svg, this.top, this.note);
    this.element.addEventListener("pointermove", (event) => this.point(event));
    this.element.addEventListener("pointerleave", () => this.point(null));
  }

  /**
   * Shows samples, the newest last.
   *
   * @param times the moment of each sample in ms
   * @param values for each series its values, null where there is none
   * @param marks moments in ms with their kind, shown as vertical lines
   */
  show(times, values, marks) {
    this.times = times;
    this.values = values;
    const largest = Math.max(...values.flat().filter((value) => value !== null), 0);
    const top = roundUp(largest * 1.05);
    values.forEach((samples, i) => {
      const line = linePath(samples, top, this.length);
      setAttribute(this.lines[i], "d", line);
      setAttribute(this.areas[i], "d", this.areaPath(line));
    });
    setText(this.top, this.series[0].format(top));
    this.showMarks(marks);
    const last = values.map((samples, i) => `${this.series[i].name} ${this.series[i].format(samples.at(-1) ?? 0)}`);
    setAttribute(this.svg, "aria-label", `${this.label}: ${last.join(", ")}`);
    if (this.pointed) {
      this.showPointed();
    }
  }

  /** Returns the area below a line that has no gap. */
  areaPath(line) {
    const [first] = line.slice(1).split(" ");
    return line === "" || line.lastIndexOf("M") > 0 ? "" : `${line}L${width} ${height}L${first} ${height}Z`;
  }

  showMarks(marks) {
    const end = this.times.at(-1);
    const visible = marks.filter(({ at }) => at > end - this.length * 1000 && at <= end);
    list(this.marks, visible, ({ at, kind }) => `${at} ${kind}`,
      () => h("line", { y1: 0, y2: height }),
      (line, { at, kind }) => {
        const x = (width * (1 - (end - at) / 1000 / (this.length - 1))).toFixed(1);
        setAttribute(line, "x1", x);
        setAttribute(line, "x2", x);
        setAttribute(line, "class", `mark ${kind}`);
      });
  }

  /** Shows the figures at the pointer, or none. */
  point(event) {
    this.pointed = event && event.clientX;
    if (this.times?.length > 0) {
      this.showPointed();
    }
  }

  showPointed() {
    setAttribute(this.pointer, "visibility", this.pointed ? "visible" : "hidden");
    if (!this.pointed) {
      setText(this.note, "");
      return;
    }
    const box = this.svg.getBoundingClientRect();
    const place = Math.round(((this.pointed - box.left) / box.width) * (this.length - 1)) - (this.length - this.times.length);
    const i = Math.min(Math.max(place, 0), this.times.length - 1);
    const x = ((this.length - this.times.length + i) / (this.length - 1)) * width;
    setAttribute(this.pointer, "x1", x);
    setAttribute(this.pointer, "x2", x);
    const figures = this.values.map((samples, k) => (samples[i] === null ? "–" : this.series[k].format(samples[i])));
    setText(this.note, `${time(this.times[i])}  ${figures.join(" · ")}`);
  }
}
