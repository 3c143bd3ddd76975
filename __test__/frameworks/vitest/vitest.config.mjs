import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { setupFiles: ['leakscan/vitest'], testTimeout: 120_000, include: ['*.test.mjs'], fileParallelism: false },
});
