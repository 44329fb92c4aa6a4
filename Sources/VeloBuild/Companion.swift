import SystemPackage
import VeloSystem

/// The programs that builds need beside velod, made together with it.
enum Companion: String, CaseIterable {
    /// Stands in for the compilers: see `CompilerShim`.
    case compilerShim = "velo-cc"
    /// What runs inside the sandbox: see `StepRunner`.
    case step = "velo-step"

    /// Where it should be.
    func place(beside builder: FilePath) -> FilePath { builder.removingLastComponent().appending(rawValue) }

    /// Where it is.
    ///
    /// - Throws: `NoCompanion` when it is not there.
    func beside(_ builder: FilePath) throws -> FilePath {
        let path = place(beside: builder)
        guard FileTree.isExecutable(path) else { throw NoCompanion(program: rawValue, path: path) }
        return path
    }
}

/// A program was not installed together with velod.
struct NoCompanion: Problem {
    var program: String
    var path: FilePath
    var summary: String { "builds need the program `\(program)` beside velod, and there is no `\(path)`" }
    var hints: [String] { ["install it from the same build as velod: `deploy/build` makes all of them"] }
}
