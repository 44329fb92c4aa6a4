import SystemPackage
import VeloCore
import VeloFarm
import VeloSystem

/// The server of a data folder, as commands talk to it.
struct FarmConnection: Sendable {
    let url: String
    let engine: TransferEngine
    private let headers: CurlHeaders

    init(_ server: RunningServer) {
        url = server.url
        headers = server.secret.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        var policy = TransferPolicy()
        policy.attempts = 1
        // It runs on this machine; reading a big tap for the first time keeps it silent for minutes.
        policy.proxy = .none
        policy.stallLimit = CurlStallWatch.Limit(window: .seconds(3600))
        engine = TransferEngine(policy: policy)
    }

    /// - Throws: `ConnectionError.noServer` when none runs.
    static func required(_ folder: DataFolder) throws -> FarmConnection {
        guard let server = folder.runningServer() else { throw ConnectionError.noServer(folder.root.string) }
        return FarmConnection(server)
    }

    func get<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try await answer { try await engine.get(url + path, headers: headers) }
    }

    func post<Answer: Decodable>(
        _ path: String, _ order: some Encodable & Sendable, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try await answer {
            var headers = headers
            headers["Content-Type"] = "application/json"
            return try await engine.post(url + path, body: WireCoding.encode(order), headers: headers)
        }
    }

    private func answer<Answer: Decodable>(_ ask: () async throws -> TransferResponse) async throws -> Answer {
        do {
            return try WireCoding.decode(Answer.self, from: await ask().body)
        } catch FetchError.cancelled {
            throw CancellationError()
        } catch FetchError.status(_, let code, let text?, _) {
            guard let message = try? WireCoding.decode(ErrorMessage.self, from: Array(text.utf8)) else {
                throw ConnectionError.refused("the server at `\(url)` answered \(code)", hints: [])
            }
            throw ConnectionError.refused(message.error.message, hints: message.error.hints)
        }
    }
}

/// What stands between a command and its server.
enum ConnectionError: Problem {
    case noServer(String)
    /// As the server words it.
    case refused(String, hints: [String])

    var summary: String {
        switch self {
        case .noServer(let folder): "no velod serves the data folder `\(folder)`"
        case .refused(let message, _): message
        }
    }

    var hints: [String] {
        switch self {
        case .noServer(let folder): ["start one: `velod serve --data \(folder)`"]
        case .refused(_, let hints): hints
        }
    }

    var severity: ProblemSeverity {
        if case .noServer = self { .temporary } else { .refused }
    }
}
