package import SystemPackage
package import VeloSystem

/// Running real programs from a test.
package struct Program: Sendable {
    package struct Result: Sendable {
        package var exit: ChildExit
        /// Standard output and error, in the order written.
        package var text: String
        package var status: Int { exit.status }
        package var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    package let path: String
    package var environment: [String: String]

    package init(_ path: String, environment: [String: String] = [:]) {
        self.path = path
        self.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"]
            .merging(environment) { $1 }
    }

    /// `velo`, or `velod`, as built in the same configuration as the tests.
    package static func built(_ name: String, environment: [String: String] = [:]) throws -> Program {
        Program(try folder().appending(name).string, environment: environment)
    }

    /// Where the programs were built to: beside the tests.
    package static func folder() throws -> FilePath {
        try FileTree.realPath("/proc/self/exe").removingLastComponent().lookingUp("velo")
    }

    /// Runs it to its end, on a thread of its own.
    package func run(
        _ arguments: String..., directory: FilePath? = nil, input: String? = nil, mergesErrors: Bool = true,
        timeLimit: Duration = .seconds(600)
    ) async throws -> Result {
        try await run(arguments, directory: directory, input: input, mergesErrors: mergesErrors, timeLimit: timeLimit)
    }

    package func run(
        _ arguments: [String], directory: FilePath? = nil, input: String? = nil, mergesErrors: Bool = true,
        timeLimit: Duration = .seconds(600)
    ) async throws -> Result {
        var command = ChildCommand(
            [path] + arguments, environment: environment, directory: directory, input: input.map { Array($0.utf8) })
        command.timeLimit = timeLimit
        if !mergesErrors { command.standardError = .discarded }
        let prepared = command
        return try await BlockingThread.run {
            var said: [UInt8] = []
            let exit = try ChildProcess.run(prepared) { said += $0 }
            return Result(exit: exit, text: String(decoding: said, as: UTF8.self))
        }
    }
}

extension FilePath {
    /// The tests may lie in a bundle's folder: goes up until the program is there.
    fileprivate func lookingUp(_ name: String) throws -> FilePath {
        var folder = self
        while !FileTree.exists(folder.appending(name)) {
            guard folder.components.count > 1 else {
                throw SystemError("open", appending(name), errno: .noSuchFileOrDirectory)
            }
            folder.removeLastComponent()
        }
        return folder
    }
}

/// The environment of the test run.
package enum ProcessEnvironment {
    package static let current: [String: String] = {
        guard let bytes = try? FileTree.read("/proc/self/environ") else { return [:] }
        var result: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            let parts = String(decoding: entry, as: UTF8.self).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
        }
        return result
    }()
}
