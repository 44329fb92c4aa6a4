import SystemPackage
import VeloFormula
import VeloSystem

/// The compiler and libraries of this host, as builds record them.
package struct HostToolchain: Sendable, Equatable {
    /// `gcc-12`: the name that formulae get for `ENV.cc`.
    package var compiler: String
    /// `12.2.0`
    package var compilerVersion: String
    /// `2.36`
    package var glibcVersion: String
    /// `Debian GNU/Linux 12 (bookworm)`
    package var systemName: String

    /// Raised when the compiler shim begins to treat flags in another way.
    package static let shimRules = 3

    /// What it is, for keys and for the record.
    package var identity: [String] {
        ["compiler \(compiler) \(compilerVersion)", "glibc \(glibcVersion)", "system \(systemName)"]
    }

    /// `cmake version 3.25.1`: the first line that a command says of itself. Blocking.
    package static func version(of command: String) -> String {
        var said: [UInt8] = []
        var child = ChildCommand(
            ["/usr/bin/\(command)", "--version"], environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"])
        child.timeLimit = .seconds(5)
        _ = try? ChildProcess.run(child) { if said.count < 4096 { said += $0 } }
        let line = String(decoding: said, as: UTF8.self).split(whereSeparator: \.isNewline).first { !$0.isEmpty }
        return line.map { String($0.prefix(80)) } ?? "unknown"
    }

    package init(compiler: String, compilerVersion: String, glibcVersion: String, systemName: String) {
        self.compiler = compiler
        self.compilerVersion = compilerVersion
        self.glibcVersion = glibcVersion
        self.systemName = systemName
    }

    /// Asks the host. Blocking, a few milliseconds.
    package static func find() throws -> HostToolchain {
        func answer(_ arguments: [String]) throws -> String {
            var said: [UInt8] = []
            var command = ChildCommand(arguments, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"])
            command.standardError = .discarded
            let exit = try ChildProcess.run(command) { said += $0 }
            guard exit.isSuccess else { throw SystemError("spawn", arguments[0], errno: .invalidArgument) }
            return String(decoding: said, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        }
        let version: String
        do { version = try answer(["/usr/bin/gcc", "-dumpfullversion"]) } catch { throw NoCompiler(cause: error) }
        let major = version.split(separator: ".").first.map(String.init) ?? version
        let hasNumbered = FileTree.exists(FilePath("/usr/bin/gcc-\(major)"))
        let glibc = try answer(["/usr/bin/getconf", "GNU_LIBC_VERSION"]).split(separator: " ").last.map(String.init)
        return HostToolchain(
            compiler: hasNumbered ? "gcc-\(major)" : "gcc", compilerVersion: version, glibcVersion: glibc ?? "",
            systemName: releaseName())
    }

    private static func releaseName() -> String {
        guard let text = try? FileTree.readText("/etc/os-release") else { return "Linux" }
        for line in text.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }
        }
        return "Linux"
    }
}

/// There is no C compiler on the host.
package struct NoCompiler: Problem {
    package var cause: (any Error)?
    package var summary: String { "builds need a C compiler, and `/usr/bin/gcc` does not work" }
    package var hints: [String] { ["install it: `apt-get install gcc g++ libc6-dev make`"] }
}
