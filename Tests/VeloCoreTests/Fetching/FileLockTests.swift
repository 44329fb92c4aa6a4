import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

@Suite("File lock")
struct FileLockTests {
    @Test("one holder at a time, who can be named, and no file afterwards")
    func exclusive() async throws {
        try await Scratch.with("lock") { scratch in
            let path = scratch.path.appending("l.lock")
            let lock = try await FileLock.acquire(path)
            let isFree = try FileLock.attempt(path) != nil
            #expect(!isFree)
            #expect(FileLock.holder(of: path) != nil)
            lock.release()
            #expect(!FileTree.exists(path))
            #expect(FileLock.holder(of: path) == nil)
        }
    }

    @Test("what a killed process has left is no lock")
    func leftover() async throws {
        try await Scratch.with("lock") { scratch in
            // Above the largest number that Linux gives a process.
            let path = try scratch.file("l.lock", "4194305\n")
            #expect(FileLock.holder(of: path) == nil)
            let isFree = try FileLock.attempt(path) != nil
            #expect(isFree)
        }
    }

    @Test("another process finds it taken, and then free")
    func acrossProcesses() async throws {
        try await Scratch.with("lock") { scratch in
            let path = scratch.path.appending("l.lock")
            let lock = try await FileLock.acquire(path)
            let other = Program("/usr/bin/flock")
            let whileHeld = try await other.run("--nonblock", path.string, "true").status
            lock.release()
            let afterwards = try await other.run("--nonblock", path.string, "true").status
            #expect((whileHeld, afterwards) == (1, 0))
        }
    }

    @Test("those who wait get it one after the other")
    func contended() async throws {
        try await Scratch.with("lock") { scratch in
            let path = scratch.path.appending("l.lock")
            let counter = try scratch.file("counter", "0")
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        let lock = try await FileLock.acquire(path, every: .milliseconds(1))
                        let count = Int(try FileTree.readText(counter)) ?? 0
                        try await Task.sleep(for: .milliseconds(2))
                        try FileTree.write(Array("\(count + 1)".utf8), to: counter)
                        lock.release()
                    }
                }
                try await group.waitForAll()
            }
            let count = try FileTree.readText(counter)
            #expect(count == "8")
        }
    }

    @Test("waiting ends when the task is cancelled, and the holder was told of")
    func cancelled() async throws {
        try await Scratch.with("lock") { scratch in
            let path = scratch.path.appending("l.lock")
            let lock = try await FileLock.acquire(path)
            let (holders, told) = AsyncStream.makeStream(of: Int?.self)
            let task = Task { try await FileLock.acquire(path) { told.yield($0) }.release() }
            for await holder in holders.prefix(1) { #expect(holder != nil) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            lock.release()
        }
    }
}
