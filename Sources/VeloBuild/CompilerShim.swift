import SystemPackage
import VeloShim
import VeloSystem

/// The program `velo-cc`, which stands in for the compilers and a few other tools of a build: it adds the flags that let
/// a formula find its dependencies and that let its bottle be moved, and takes away those that tie a bottle to this
/// machine. `VeloShim` decides, `velo-cc` carries out.
enum CompilerShim {
    /// Numbers that compilers of this system may have.
    private static let versions = ["", "-11", "-12", "-13", "-14", "-15"]

    private static var names: [String] {
        ShimMachine.otherTools + ShimMachine.compilers.flatMap { name in versions.map { name + $0 } }
    }

    /// Fills a folder that is to come first in PATH: one link for every tool that the host has, and those that any host
    /// with a compiler stands for.
    static func install(in folder: FilePath) throws {
        for name in names where always.contains(name) || FileTree.exists(FilePath("/usr/bin").appending(name)) {
            try FileTree.removeFile(folder.appending(name))
            try FileTree.makeLink(folder.appending(name), to: BuildLayout.Inside.shimProgram)
        }
    }

    private static let always: Set<String> = ["cc", "c++", "gcc", "g++", "cpp", "make", "ld"]
}
