//! Builders and oracles for tests, benches and fuzz targets; never part of a release.
