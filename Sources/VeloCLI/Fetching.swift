import Synchronization
import SystemPackage
import VeloCore
import VeloSystem

/// Fetches the files of `velo fetch`, several at once, and shows how it goes.
struct Fetching: Sendable {
    struct Outcome: Sendable {
        var files: [FetchedFile] = []
        var problems: [any Problem] = []
    }

    let session: Session
    let engine: TransferEngine
    let blobs: BlobCache
    /// Standard output is kept for one JSON document.
    let printsJSON: Bool
    private let display: FetchDisplayBox

    init(session: Session, engine: TransferEngine, blobs: BlobCache, printsJSON: Bool, count: Int) {
        self.session = session
        self.engine = engine
        self.blobs = blobs
        self.printsJSON = printsJSON
        display = FetchDisplayBox(count: count)
    }

    /// Tries all of them, whatever becomes of some.
    func run(_ jobs: [FetchJob], atOnce limit: Int) async -> Outcome {
        let isLive = session.progressStyle == .bar
        let ticker = isLive ? Task { await redraw() } : nil
        var outcome = Outcome()
        var seen: [Int: FetchedFile] = [:]
        await withTaskGroup(of: (Int, Result<FetchedFile, any Error>).self) { group in
            func take(_ index: Int, _ result: Result<FetchedFile, any Error>) {
                switch result {
                case .success(let file):
                    seen[index] = file
                    tell(file)
                case .failure(let error as any Problem): outcome.problems.append(error)
                case .failure: outcome.problems.append(FetchError.cancelled(url: jobs[index].name))
                }
            }
            for (index, job) in jobs.enumerated() {
                if index >= limit, let (done, result) = await group.next() { take(done, result) }
                if Task.isCancelled { break }
                group.addTask {
                    do { return (index, .success(try await fetch(job))) } catch { return (index, .failure(error)) }
                }
            }
            for await (done, result) in group { take(done, result) }
        }
        ticker?.cancel()
        await ticker?.value
        session.console.show(live: "")
        outcome.files = seen.sorted { $0.key < $1.key }.map(\.value)
        return outcome
    }

    private func fetch(_ job: FetchJob) async throws -> FetchedFile {
        let began = ContinuousClock.now
        var hasTold = false
        do {
            while true {
                if let file = try await present(job, began) { return file }
                do {
                    return try await download(job)
                } catch let error as SystemError where error.call == "flock" && error.errno == .wouldBlock {
                    if !hasTold { session.console.detail("\(job.name): waiting for another process that fetches it") }
                    hasTold = true
                    let partial = TransferEngine.partialPath(of: job.file)
                    while CurlSegmentFile.isTaken(partial) { try await Task.sleep(for: .milliseconds(50)) }
                }
            }
        } catch {
            display.box.withLock { $0.end(job.name, isGood: false) }
            throw error
        }
    }

    private func download(_ job: FetchJob) async throws -> FetchedFile {
        let result = try await engine.download(job.request, to: job.file, flushes: false) { take($0, job.name) }
        return FetchedFile(
            path: job.file.string, sha256: result.digest.hex, size: result.size, url: result.url,
            seconds: seconds(result.elapsed), bytesPerSecond: rate(result.size, result.elapsed),
            streams: result.streams, retries: result.retries, firstByteSeconds: result.firstByte.map(seconds),
            fromCache: false)
    }

    /// The file when it is there already, or in velo's cache; nil when it has to be fetched.
    private func present(_ job: FetchJob, _ began: ContinuousClock.Instant) async throws -> FetchedFile? {
        guard let digest = job.request.digest else { return nil }
        let (file, blob) = (job.file, blobs.blob(digest))
        guard blob != nil || FileTree.exists(file) else { return nil }
        let found: Bool = try await BlockingThread.run {
            if try FileTree.status(file)?.kind == .file, try SHA256Digest.ofFile(file) == digest { return true }
            guard let blob else { return false }
            let copy = FilePath(file.string + ".partial")
            try FileTree.copyFile(blob, to: copy)
            try FileTree.setMode(copy, 0o644)
            try FileTree.rename(copy, to: file)
            return true
        }
        guard found, let size = try FileTree.status(file)?.size else { return nil }
        display.box.withLock { $0.end(job.name, isGood: true) }
        let elapsed = began.duration(to: .now)
        return FetchedFile(
            path: file.string, sha256: digest.hex, size: size, url: nil, seconds: seconds(elapsed),
            bytesPerSecond: 0, streams: 0, retries: 0, firstByteSeconds: nil, fromCache: true)
    }

    private func take(_ event: TransferEvent, _ name: String) {
        display.box.withLock { $0.take(event, of: name) }
        if session.console.verbosity == .verbose, let line = FetchDisplay.detail(event) {
            session.console.detail("\(name): \(line)")
        }
    }

    private func tell(_ file: FetchedFile) {
        if !printsJSON {
            session.console.data(
                session.console.verbosity == .quiet ? file.path : "\(file.sha256)  \(file.path)")
        }
        guard session.progressStyle != .none else { return }
        session.console.talk(
            file.fromCache
                ? "\(file.path): here already, and right"
                : "\(file.path): \(Quantity.bytes(file.size)) in \(Quantity.duration(.seconds(file.seconds))), "
                    + "\(Quantity.bytes(file.bytesPerSecond))/s, \(file.streams == 1 ? "1 stream" : "\(file.streams) streams")"
                    + (file.retries > 0 ? ", \(file.retries) tries more" : ""))
    }

    private func redraw() async {
        while !Task.isCancelled {
            let width = Console.width(session.environment)
            session.console.show(live: display.box.withLock { $0.draw(width: width) })
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func seconds(_ duration: Duration) -> Double { (duration / .microseconds(1)).rounded() / 1_000_000 }
    private func rate(_ bytes: Int, _ time: Duration) -> Int { Int(Double(bytes) / max(seconds(time), 0.000_001)) }
}

/// The display, shared by the tasks that feed it.
private final class FetchDisplayBox: Sendable {
    let box: Mutex<FetchDisplay>

    init(count: Int) { box = Mutex(FetchDisplay(count: count)) }
}
