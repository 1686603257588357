// Loaded before the keeper: its machine's clock is wrong by CHAOS_CLOCK seconds.
const skew = Number(process.env.CHAOS_CLOCK ?? "0") * 1000;
delete process.env.CHAOS_CLOCK;
const { Date: RealDate } = globalThis;
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + skew);
    else super(...given);
  }
  static now() {
    return RealDate.now() + skew;
  }
};
