import HTTPTypes
import Hummingbird
import NIOCore
import VeloCore

/// The events of one build, as `text/event-stream`: `job` for every job that changed, `log` for every line, `end` when
/// it is over.
///
/// What is sent is read from the database and the logs, from the position that this stream has reached: replay and live
/// are the same, and a client that reads slowly holds nothing up. The `id` of a `log` event is that position, so a
/// client that comes back with it in `Last-Event-ID` gets no line twice.
struct BuildEventStream: Sendable {
    let build: Int
    let queue: JobQueue
    let feed: BuildFeed
    let folder: DataFolder
    let resumeAfter: String?

    /// Silence after which a comment is sent, so that proxies do not close the connection.
    static let keepAlive = Duration.seconds(10)

    func response() -> Response {
        let headers: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", .xAccelBuffering: "no",
        ]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                // Listening begins before the first look: nothing that changes in between is missed.
                let wakes = feed.listen()
                var position = StreamPosition(folder: folder, resumeAfter: resumeAfter)
                var lastSent = ContinuousClock.now
                send: while !Task.isCancelled {
                    let status = try await position.look(build, queue, feed)
                    var isOver = false
                    while case let text = try position.next(status), !text.isEmpty {
                        try await writer.write(ByteBuffer(string: text))
                        lastSent = .now
                    }
                    // Logs are complete only once the state that ends them is known.
                    if status.state != .running {
                        try await writer.write(ByteBuffer(string: StreamPosition.event("end", status)))
                        isOver = true
                    } else if ContinuousClock.now - lastSent >= Self.keepAlive {
                        try await writer.write(ByteBuffer(string: ": still here\n\n"))
                        lastSent = .now
                    }
                    if isOver { break send }
                    var hasWoken = false
                    for await _ in wakes {
                        hasWoken = true
                        break
                    }
                    if !hasWoken { break }
                }
                try await writer.finish(nil)
            })
    }
}

/// How far a stream has come: what it has said of each job, and up to where it has read each log.
struct StreamPosition {
    private let folder: DataFolder
    private var seenChanges: Int?
    private var status: BuildStatus?
    private var sentJobs: [Int: JobStatus] = [:]
    private var tails: [Int: LogTail] = [:]
    private var resumed: [Int: Int]

    init(folder: DataFolder, resumeAfter: String?) {
        self.folder = folder
        resumed = Self.offsets(resumeAfter ?? "")
    }

    /// The build as it stands; asks the database only when some job changed.
    mutating func look(_ build: Int, _ queue: JobQueue, _ feed: BuildFeed) async throws -> BuildStatus {
        let changes = feed.jobChanges
        if let status, seenChanges == changes { return status }
        let current = try await queue.build(build)
        seenChanges = changes
        status = current
        return current
    }

    /// The next piece of the stream; empty when there is no more for now.
    mutating func next(_ status: BuildStatus) throws -> String {
        var text = ""
        for job in status.jobs where sentJobs[job.id] != job {
            sentJobs[job.id] = job
            text += try Self.event("job", job)
        }
        if !text.isEmpty { return text }
        for job in status.jobs where job.state != .waiting && job.state != .skipped {
            var tail = tails[job.id] ?? LogTail(file: folder.log(job.id), offset: resumed[job.id] ?? 0)
            let lines = try tail.next()
            tails[job.id] = tail
            for (number, line) in lines.enumerated() {
                let isLast = number == lines.count - 1
                text += try Self.event("log", JobLogLine(job: job.id, text: line), id: isLast ? token : nil)
            }
            if !text.isEmpty { return text }
        }
        return text
    }

    /// `12-3400.13-0`: bytes read of each job's log.
    private var token: String {
        var offsets = resumed
        for (job, tail) in tails { offsets[job] = tail.offset }
        return offsets.sorted { $0.key < $1.key }.map { "\($0.key)-\($0.value)" }.joined(separator: ".")
    }

    private static func offsets(_ token: String) -> [Int: Int] {
        var offsets: [Int: Int] = [:]
        for part in token.split(separator: ".") {
            let numbers = part.split(separator: "-").compactMap { Int($0) }
            if numbers.count == 2 { offsets[numbers[0]] = numbers[1] }
        }
        return offsets
    }

    static func event(_ name: String, _ value: some Encodable, id: String? = nil) throws -> String {
        (id.map { "id: \($0)\n" } ?? "") + "event: \(name)\ndata: \(try StoredJSON.text(value))\n\n"
    }
}

extension HTTPField.Name {
    static let xAccelBuffering = Self.ours("X-Accel-Buffering")
}
