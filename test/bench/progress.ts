const width = 78;

/** Says on the terminal's last line how far something is; the empty text takes it away. */
export const showProgress = (what: string): void =>
  void process.stderr.write(`\r${what.slice(0, width).padEnd(width)}\r`);
