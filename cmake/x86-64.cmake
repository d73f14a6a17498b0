# x86-64 as it was first made, run on a CPU that QEMU plays (QEMU_CPU says which): scripts/check-cross. The compiler is the
# machine's own; that it is called cross makes CTest start programs by the emulator.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER gcc)
set(CMAKE_C_FLAGS_INIT "-march=x86-64")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-x86_64)
