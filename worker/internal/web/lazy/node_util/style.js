import { wrongValue } from "lazy/node_errors";

// styles contains the codes that begin and end a style on a terminal.
export const styles = {
  reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], blink: [5, 25], inverse: [7, 27],
  hidden: [8, 28], strikethrough: [9, 29], doubleunderline: [21, 24], overlined: [53, 55],
};
for (const [i, name] of ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"].entries()) {
  const capital = name[0].toUpperCase() + name.slice(1);
  styles[name] = [30 + i, 39];
  styles[`bg${capital}`] = [40 + i, 49];
  styles[`${name}Bright`] = [90 + i, 39];
  styles[`bg${capital}Bright`] = [100 + i, 49];
}
styles.gray = styles.grey = styles.blackBright;

// styleText returns text between the codes of one or several styles.
export function styleText(format, text) {
  let result = text;
  for (const name of [format].flat().reverse()) {
    const codes = styles[name];
    if (codes === undefined && name !== "none") throw wrongValue("format", name, `must be one of ${Object.keys(styles).join(", ")}`);
    if (codes) result = `\x1b[${codes[0]}m${result}\x1b[${codes[1]}m`;
  }
  return result;
}

const sequences = /[\x1b\x9b][[\]()#;?]*(?:(?:[a-zA-Z\d]*(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\x07|\x1b\\)|(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g;

// stripVTControlCharacters returns text without the codes of terminals.
export const stripVTControlCharacters = (text) => String(text).replace(sequences, "");
