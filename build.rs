//! Sets the linker options a Node-API addon needs (on Linux `-z nodelete`: late threads stay safe after an unload).

fn main() {
    #[cfg(feature = "node")]
    napi_build::setup();
}
