module.exports = { rootDir: __dirname, setupFilesAfterEnv: ['leakscan/jest/check'], transform: {} };
