module.exports = { rootDir: __dirname, setupFilesAfterEnv: ['leakscan/jest'], testTimeout: 120_000, transform: {} };
