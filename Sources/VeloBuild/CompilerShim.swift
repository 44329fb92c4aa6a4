import SystemPackage
import VeloSystem

/// The program that stands in for the compilers during a build: it adds the flags that let a formula find its
/// dependencies and that let its bottle be moved, and takes away those that tie a bottle to this machine.
///
/// It reads Homebrew's names: HOMEBREW_ISYSTEM_PATHS, HOMEBREW_INCLUDE_PATHS, HOMEBREW_LIBRARY_PATHS and
/// HOMEBREW_RPATH_PATHS (separated by colons), HOMEBREW_DYNAMIC_LINKER, HOMEBREW_FORMULA_BUILDPATH.
enum CompilerShim {
    static let names = [
        "cc", "gcc", "c++", "g++", "c89", "c99", "cpp", "clang", "clang++", "gcc-11", "g++-11", "gcc-12", "g++-12",
        "gcc-13",
        "g++-13", "gcc-14", "g++-14", "cpp-12",
    ]

    /// Writes the shim into a folder that is to come first in PATH, under every compiler's name that the host has.
    static func install(in folder: FilePath) throws {
        try FileTree.write(Array(script.utf8), to: folder.appending("velo-cc"), mode: 0o755)
        for name in names where FileTree.exists(FilePath("/usr/bin").appending(name)) {
            try FileTree.removeFile(folder.appending(name))
            try FileTree.makeLink(folder.appending(name), to: "velo-cc")
        }
    }

    private static let script = """
        #!/bin/sh
        # Stands in for the compiler it is named after. See CompilerShim.swift.
        compiler=/usr/bin/${0##*/}
        [ "${0##*/}" = cpp ] && links= || links=yes
        [ $# = 1 ] && [ "$1" = -v ] && exec "$compiler" -v
        for argument; do
            shift
            case $argument in
                -c|-S|-E|-M|-MM|-fsyntax-only) links= ;;
                -dump*|--version|-V|-qversion|-version|-print-*|--print-*|--help) exec "$compiler" "$argument" "$@" ;;
                # Debug information names this machine's folders; a bottle has to run on older processors, too.
                -g|-g[0-9]|-ggdb*|-gdwarf*|-gstabs*|-march=*|-mtune=*|-mcpu=*) continue ;;
            esac
            set -- "$@" "$argument"
        done
        [ -n "$HOMEBREW_FORMULA_BUILDPATH" ] && set -- "$@" "-ffile-prefix-map=$HOMEBREW_FORMULA_BUILDPATH=."
        IFS=:
        for folder in $HOMEBREW_INCLUDE_PATHS; do set -- "$@" "-I$folder"; done
        for folder in $HOMEBREW_ISYSTEM_PATHS; do set -- "$@" -isystem "$folder"; done
        if [ -n "$links" ]; then
            for folder in $HOMEBREW_LIBRARY_PATHS; do set -- "$@" "-L$folder"; done
            for folder in $HOMEBREW_RPATH_PATHS; do set -- "$@" "-Wl,-rpath,$folder"; done
            [ -n "$HOMEBREW_DYNAMIC_LINKER" ] && set -- "$@" "-Wl,--dynamic-linker=$HOMEBREW_DYNAMIC_LINKER"
        fi
        exec "$compiler" "$@"

        """
}
