import Hummingbird
import Logging
import VeloBuild
import VeloCore
import VeloSystem

/// Turns errors into answers of one shape: `ErrorMessage`.
struct ErrorAnswers: RouterMiddleware {
    func handle(
        _ request: Request, context: FarmRequestContext,
        next: @concurrent (Request, FarmRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError {
            let words = (error as? HTTPError)?.body ?? Self.words(error.status, request)
            return Self.answer(error.status, ErrorMessage(words))
        } catch {
            let error: any Error = RegistryProblem(diskFull: error) ?? error
            let status = Self.status(error)
            let report = ProblemReport(error)
            if status.code >= 500 {
                context.logger.error(
                    "request failed",
                    metadata: ["path": "\(LogText.sanitize(request.uri.path))", "error": "\(report.oneLine)"])
            }
            return Self.answer(status, ErrorMessage(report.oneLine, hints: report.hints))
        }
    }

    static func answer(_ status: HTTPResponse.Status, _ message: ErrorMessage) -> Response {
        // `ErrorMessage` is two fields of text: encoding it cannot go wrong.
        let bytes = (try? WireCoding.encode(message)) ?? []
        return .json(bytes: bytes, status: status)
    }

    private static func words(_ status: HTTPResponse.Status, _ request: Request) -> String {
        switch status {
        case .notFound: "there is nothing at `\(request.uri.path)`"
        default: status.reasonPhrase.lowercased()
        }
    }

    private static func status(_ error: any Error) -> HTTPResponse.Status {
        switch error {
        case FarmError.unknownBuild, FarmError.unknownJob, PlanError.unknownFormula, TapError.unknown: .notFound
        case TapError.alreadyAdded: .conflict
        case let problem as RegistryProblem: problem.status
        case is PlanError, is TapError: .unprocessableContent
        case let problem as any Problem where problem.severity == .temporary: .serviceUnavailable
        default: .internalServerError
        }
    }
}

extension Response {
    static func json(bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        json(bytes: try WireCoding.encode(value), status: status)
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
