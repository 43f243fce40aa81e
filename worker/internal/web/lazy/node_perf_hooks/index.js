export const module = {
  get performance() {
    return globalThis.performance;
  },
};
