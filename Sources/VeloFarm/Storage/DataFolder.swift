import Glibc
package import SystemPackage
import VeloCore
package import VeloSystem

/// Every path that velod owns.
///
/// ```
/// data/
///   velod.lock            held by whoever changes anything below
///   velod.json            process and address of the running server
///   farm.sqlite           taps, bottles, jobs (with -wal and -shm beside it)
///   blobs/sha256/ab/HEX   bottles
///   sources/sha256/ab/HEX source archives
///   uploads/ID            blobs that are being pushed
///   fills/HEX.N.partial   blobs on their way here from upstream; emptied when the server starts
///   git/USER/REPO.git     repositories made from taps that are plain folders
///   keys/                 the farm's signing key
///   audit.jsonl           who changed what, and who was refused (with .1, .2, … beside it)
///   taps/USER/REPO.git    clones of taps that were added by URL
///   logs/JOB.log          build logs
///   scratch/              builds under way; emptied when the server starts
/// ```
package struct DataFolder: Sendable {
    package let root: FilePath

    package init(_ root: FilePath) {
        self.root = root
    }

    package var database: FilePath { root.appending("farm.sqlite") }
    package var blobs: FilePath { root.appending("blobs") }
    package var sources: FilePath { root.appending("sources") }
    package var taps: FilePath { root.appending("taps") }
    package var uploads: FilePath { root.appending("uploads") }
    package var fills: FilePath { root.appending("fills") }
    package var git: FilePath { root.appending("git") }
    package var keys: FilePath { root.appending("keys") }
    package var audit: FilePath { root.appending("audit.jsonl") }
    package var logs: FilePath { root.appending("logs") }
    package var scratch: FilePath { root.appending("scratch") }
    private var lockFile: FilePath { root.appending("velod.lock") }
    private var serverFile: FilePath { root.appending("velod.json") }

    /// Creates what is missing.
    package func prepare() throws {
        for folder in [root, blobs, sources, uploads, fills, git, taps, logs, scratch] {
            try FileTree.makeFolder(folder)
        }
    }

    /// Takes the folder for this process; it is free again when the lock goes, or the process ends.
    ///
    /// - Throws: `FarmError.folderInUse` when another process has it.
    package func lock() throws -> FileLock {
        try FileTree.makeFolder(root)
        guard let lock = try FileLock.attempt(lockFile) else {
            throw FarmError.folderInUse(root.string, FileLock.holder(of: lockFile))
        }
        return lock
    }

    /// The server that has the folder. What a killed server left behind is not believed.
    package func runningServer() -> RunningServer? {
        guard let bytes = try? FileTree.read(serverFile, limit: 4096),
            let server = try? WireCoding.decode(RunningServer.self, from: bytes),
            FileLock.holder(of: lockFile) == server.pid,
            kill(Int32(truncatingIfNeeded: server.pid), 0) == 0 || errno == EPERM
        else { return nil }
        return server
    }

    package func log(_ job: Int) -> FilePath { logs.appending("\(job).log") }

    package func announce(_ server: RunningServer) throws {
        try FileTree.replace(serverFile, with: WireCoding.encode(server, pretty: true), mode: 0o600)
    }

    package func retract() throws {
        try FileTree.removeFile(serverFile)
    }
}

/// What `velod.json` says: where the server of a data folder answers.
package struct RunningServer: Codable, Sendable, Equatable {
    package var pid: Int
    /// `http://127.0.0.1:8440`
    package var url: String
    /// What lets a command on this machine administer it; the file is readable for its owner alone.
    package var secret: String?

    package init(pid: Int, url: String, secret: String? = nil) {
        self.pid = pid
        self.url = url
        self.secret = secret
    }
}
