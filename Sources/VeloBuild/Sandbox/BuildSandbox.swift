package import SystemPackage
package import VeloFormula
import VeloSystem

/// What a build step and a test step see: the policy, in one place.
package struct BuildSandbox: Sendable {
    let layout: BuildLayout
    /// This program; what evaluates the formula inside lies beside it.
    let program: FilePath
    /// The build prefix as it is called inside.
    let prefix: String
    /// The folder in which it is compiled, as it is called inside.
    let root: String

    package init(
        layout: BuildLayout, program: FilePath, prefix: String, root: String = BuildLayout.Inside.build
    ) {
        self.root = root
        self.layout = layout
        self.program = program
        self.prefix = prefix
    }

    /// Nothing is covered where there is no view: `BuildLayout.prepare` makes it.
    private var hostView: [SandboxSpec.Mount] {
        FileTree.exists(layout.scratch) ? (try? HostView.shared(in: layout.views))?.mounts ?? [] : []
    }

    private var step: [SandboxSpec.Mount] {
        [
            .writable(layout.temporary, at: BuildLayout.Inside.temporary),
            .readOnly(Companion.step.place(beside: program), at: BuildLayout.Inside.program),
            .readOnly(layout.step, at: BuildLayout.Inside.step),
        ]
    }

    /// For `install`: the dependencies cannot be changed, the formula's own rack, `etc` and `var` can.
    package func forInstall(of formula: Formula, archives: [ArchiveMount], environment: [String: String]) -> SandboxSpec
    {
        var mounts = SandboxSpec.toolchain + hostView + step
        mounts += [
            .readOnly(layout.shims, at: BuildLayout.Inside.shims),
            .readOnly(Companion.compilerShim.place(beside: program), at: BuildLayout.Inside.shimProgram),
            .writable(layout.build, at: root),
            .readOnly(layout.prefix, at: prefix),
        ]
        for folder in ["Cellar/\(formula.name)", "etc", "var"] {
            mounts.append(.writable(layout.prefix.appending(folder), at: "\(prefix)/\(folder)"))
        }
        mounts += archives.map(\.mount)
        return SandboxSpec(
            mounts: mounts, environment: environment, directory: root,
            arguments: [BuildLayout.Inside.program], filter: layout.filter)
    }

    /// For `test`: the prefix as a user has it, at the place where the bottle is proven; only `var` and `etc` can be
    /// written to.
    package func forTest(
        archives: [ArchiveMount], environment: [String: String], at place: String = BuildLayout.Inside.proof
    ) -> SandboxSpec {
        var mounts = SandboxSpec.toolchain + hostView + step
        mounts += [
            .readOnly(layout.proof, at: place),
            .writable(layout.proof.appending("var"), at: "\(place)/var"),
            .writable(layout.proof.appending("etc"), at: "\(place)/etc"),
        ]
        mounts += archives.map(\.mount)
        return SandboxSpec(
            mounts: mounts, environment: environment, directory: BuildLayout.Inside.temporary,
            arguments: [BuildLayout.Inside.program], filter: layout.filter)
    }
}

/// A downloaded file, as a step finds it.
package struct ArchiveMount: Sendable {
    package var file: FilePath
    /// The source's identity: 64 hexadecimal digits.
    package var digest: String
    package var name: String

    package init(file: FilePath, digest: String, name: String) {
        self.file = file
        self.digest = digest
        self.name = name
    }

    /// The step's folder is mounted already, so the file's place in it must exist there: see `prepare`.
    var mount: SandboxSpec.Mount {
        .readOnly(file, at: "\(BuildLayout.Inside.step)/archives/\(digest)/\(name)")
    }
}
