package import SystemPackage
import VeloFormula
import VeloSystem

/// Where the things of one build lie: in the scratch folder on the host, and inside the sandbox.
///
/// ```
/// scratch/
///   prefix/     the prefix with the dependencies; inside at the build prefix
///   build/      unpacked source               → /build
///   tmp/        temporary files               → /tmp
///   step/       what the step is to do        → /velo/step, read-only
///   shims/      compiler shims                → /velo/shims, read-only
///   proof/      the other prefix, for proving
///   out/        the bottle
///   filter.bpf  the system calls that are refused
/// ```
package struct BuildLayout: Sendable {
    package let scratch: FilePath
    /// Where `/etc` and the links to the host's development files are kept, for all builds: see `HostView`.
    package let views: FilePath

    package init(scratch: FilePath, views: FilePath? = nil) {
        self.scratch = scratch
        self.views = views ?? scratch
    }

    package var prefix: FilePath { scratch.appending("prefix") }
    package var build: FilePath { scratch.appending("build") }
    package var temporary: FilePath { scratch.appending("tmp") }
    package var step: FilePath { scratch.appending("step") }
    package var shims: FilePath { scratch.appending("shims") }
    package var proof: FilePath { scratch.appending("proof") }
    package var output: FilePath { scratch.appending("out") }
    /// The system call filter, as the kernel reads it.
    package var filter: FilePath { scratch.appending("filter.bpf") }

    /// Paths inside the sandbox.
    package enum Inside {
        package static let build = "/build"
        /// Where a formula's source is unpacked.
        static func source(of formula: Formula, in root: String = build) -> String {
            "\(root)/\(formula.name)-\(formula.version)"
        }
        package static let temporary = "/tmp"
        package static let step = "/velo/step"
        package static let shims = "/velo/shims"
        package static let program = "/velo/velo-step"
        package static let shimProgram = "/velo/velo-cc"
        /// The prefix that a bottle is poured at when it is proven: as unlike the build prefix as can be, and no longer.
        package static let proof = "/opt/velo-proof"
    }

    /// Creates the folders, and the files that are the same for every build.
    package func prepare() throws {
        for folder in [prefix, build, temporary, step, shims, proof, output] { try FileTree.makeFolder(folder) }
        try FileTree.write(SystemCallFilter().bytes, to: filter)
        _ = try HostView.shared(in: views)
        try CompilerShim.install(in: shims)
    }

    /// Empties the folders that a step writes to, so that the next one starts afresh.
    package func renew(_ folders: FilePath...) throws {
        for folder in folders {
            try FileTree.remove(folder)
            try FileTree.makeFolder(folder)
        }
    }
}
