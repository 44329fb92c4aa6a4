import ArgumentParser
import Synchronization
import SystemPackage
import VeloCLI
import VeloCore
import VeloSystem

struct RelinkCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "relink", abstract: "Change where programs and libraries look for others.",
        discussion: """
            ELF and Mach-O files are changed where they lie; nothing in them is moved, and what was signed ad hoc or \
            otherwise is signed ad hoc. Files of other kinds stay as they are. Of a folder, all that is in it is changed; \
            links in it are not followed.
            """)

    @Argument(help: ArgumentHelp("Programs and libraries, or folders of them.", valueName: "path"))
    var paths: [String]

    @Option(help: ArgumentHelp("The prefix that they name now.", valueName: "path"))
    var from: String?

    @Option(help: ArgumentHelp("The prefix that they are to name.", valueName: "path"))
    var to: String?

    @Option(help: ArgumentHelp("The search path of ELF files that have one.", valueName: "paths"))
    var searchPath: String?

    @Option(help: ArgumentHelp("The loader of ELF programs.", valueName: "path"))
    var interpreter: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (from == nil) == (to == nil) else { throw ValidationError("--from and --to belong together") }
        guard from != nil || searchPath != nil || interpreter != nil else {
            throw ValidationError("say what is to change: --from and --to, --search-path or --interpreter")
        }
    }

    func run(in invocation: Invocation, _ console: Console) async throws {
        var move = BinaryMove()
        if let from, let to { move.prefixes = (from, to) }
        (move.searchPath, move.interpreter) = (searchPath, interpreter)
        let (files, missing) = try Self.files(at: paths)
        let failures = Mutex<[Int: any Error]>([:])
        try await BlockingThread.inParts(of: files.count, size: 16) { [move] _, range in
            for index in range {
                do {
                    if try move.apply(to: files[index]) { console.detail("changed \(files[index])") }
                } catch {
                    failures.withLock { $0[index] = error }
                }
            }
        }
        let failed = failures.withLock { failures in failures.sorted { $0.key < $1.key }.map(\.value) }
        try Problems.throwIfAny(missing + failed.compactMap { $0 as? any Problem })
        if let other = failed.first { throw other }
    }

    /// The regular files that paths name, or that lie below them, each once whatever its names.
    private static func files(at paths: [String]) throws -> (files: [FilePath], missing: [any Problem]) {
        let working = try Host.workingFolder()
        var files: [FilePath] = []
        var missing: [any Problem] = []
        var seen: Set<[UInt64]> = []
        func add(_ path: FilePath, _ status: FileStatus) {
            if seen.insert([status.device, status.inode]).inserted { files.append(path) }
        }
        for name in paths {
            let path = working.pushing(FilePath(name))
            guard let status = try FileTree.status(path) else {
                missing.append(SystemError("open", path, errno: .noSuchFileOrDirectory))
                continue
            }
            guard status.kind == .folder else {
                add(path, status)
                continue
            }
            try FileTree.walk(path) { _, path, status in
                if status.kind == .file { add(path, status) }
                return true
            }
        }
        return (files, missing)
    }
}
