import Logging
import Synchronization
import SystemPackage
import Testing
import VeloCore
import VeloFormula
import VeloSystem

@testable import VeloFarm

/// A folder of a test's own, gone with it.
final class Scratch: Sendable {
    let path: FilePath

    init() throws {
        path = try FileTree.makeScratch(in: "/tmp", prefix: "velo-farm-test-")
    }

    deinit { try? FileTree.remove(path) }

    /// Writes files below a folder, by relative path.
    func write(_ files: [String: String], in folder: String) throws -> FilePath {
        let root = path.appending(folder)
        for (name, text) in files {
            let file = root.pushing(FilePath(name))
            try FileTree.makeFolder(file.removingLastComponent())
            try FileTree.write(Array(text.utf8), to: file)
        }
        return root
    }
}

/// A clock that goes only when told to.
final class TestClock: Sendable {
    private let seconds: Mutex<Double>

    init(at seconds: Double = 1_000_000) { self.seconds = Mutex(seconds) }

    var now: @Sendable () -> Double { { self.seconds.withLock { $0 } } }

    func advance(_ by: Double) { seconds.withLock { $0 += by } }
}

/// A farm on a scratch folder, without server and workers.
struct FarmFixture {
    let scratch: Scratch
    let clock = TestClock()
    let farm: Farm

    init() throws {
        scratch = try Scratch()
        farm = try Farm(
            Self.configuration(scratch.path.appending("data")), reading: .test, logger: .silent, now: clock.now)
    }

    static func configuration(_ data: FilePath) throws -> FarmConfiguration {
        var settings = FarmSettings()
        settings.data = data.string
        settings.port = 0
        settings.workers = 2
        settings.externals = ["cmake": "true"]
        return try settings.resolved(home: nil, own: .test)
    }

    /// Adds a tap of these formulae.
    func addTap(_ formulae: [String: String], name: String = "velo/test") async throws {
        let folder = try scratch.write(Formulae.files(formulae), in: "tap-" + name.replacing("/", with: "-"))
        _ = try await farm.taps.add(name: name, location: folder.string, workingFolder: "/")
    }

    func order(_ name: String) async throws -> Int {
        try await farm.queue.order(
            name, platform: PlatformTag.test.description, index: farm.catalog.current().index,
            externals: farm.configuration.externals)
    }
}

/// Formula files for tests.
enum Formulae {
    /// - Parameter bodies: by name: lines of the class body besides url and sha256.
    static func files(_ bodies: [String: String]) -> [String: String] {
        var files: [String: String] = [:]
        for (name, body) in bodies { files["Formula/\(name).rb"] = text(name, body) }
        return files
    }

    static func text(_ name: String, _ body: String = "", version: String = "1.0") -> String {
        """
        class \(FormulaLoader.className(for: name)) < Formula
          desc "The \(name) of a test"
          homepage "https://example.org/\(name)"
          url "https://example.org/\(name)-\(version).tar.gz"
          sha256 "0000000000000000000000000000000000000000000000000000000000000000"
          license "MIT"
        \(body.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

          def install
            bin.install "\(name)"
          end
        end

        """
    }
}

extension PlatformTag {
    static let test = PlatformTag(Platform(.linux, .x86_64))
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Programs that tests run, off the threads that carry tasks.
enum Program {
    struct Result: Sendable {
        var exit: ChildExit
        var output: String
    }

    /// Arguments one by one, and then those of a list.
    @discardableResult
    static func run(_ first: String..., list: [String] = [], in folder: FilePath? = nil) async throws -> Result {
        let arguments = first + list
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org", "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "test@example.org",
        ]
        return try await BlockingThread.run {
            var output: [UInt8] = []
            let command = ChildCommand(arguments, environment: environment, directory: folder)
            let exit = try ChildProcess.run(command) { output += $0 }
            return Result(exit: exit, output: String(decoding: output, as: UTF8.self))
        }
    }

    /// Whether a program is installed here.
    static func has(_ name: String) -> Bool {
        ["/usr/bin", "/bin", "/usr/local/bin"].contains { FileTree.isExecutable(FilePath($0).appending(name)) }
    }
}
