// A module that is looked at before all its exports have a value.

globalThis.whileHalf?.();
export const late = 1;
