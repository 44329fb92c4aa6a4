import FoundationEssentials
import GRDB
import Hummingbird
import SystemPackage
import VeloSystem

/// An error as the registry protocol words it: `{"errors": [{"code": "…", "message": "…"}]}`.
enum RegistryProblem: Problem, Equatable {
    case nameUnknown(String)
    case nameInvalid(String)
    case manifestUnknown(String)
    case manifestInvalid(String)
    /// A manifest names what is not there.
    case manifestBlobUnknown([String])
    case blobUnknown(String)
    case uploadUnknown(String)
    case uploadInvalid(String)
    /// A chunk that does not begin where the last one ended.
    case rangeInvalid(expected: Int)
    case digestInvalid(String)
    case sizeInvalid(limit: Int)
    case unsupported(String)
    case unauthorized(String, challenge: String)
    case denied(String)
    case tooManyRequests(retryAfter: Int)
    case insufficientStorage(String)
    case overQuota(used: Int, adding: Int, limit: Int)
    /// Upstream did not give it, and may later.
    case upstream(String)
    /// Something of ours went wrong: the disk, the database.
    case broken(String)

    /// A disk that is full, as the system or the database says it; nil for any other error.
    init?(diskFull error: any Error) {
        switch error {
        case let error as SystemError where error.errno == .noSpace || error.errno == .diskQuotaExceeded: break
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL: break
        default: return nil
        }
        self = .insufficientStorage("the server's disk is full; what is there is served, and nothing new is taken")
    }

    private struct Body: Encodable {
        struct Entry: Encodable {
            var code: String
            var message: String
            var detail: [String]?
        }
        var errors: [Entry]
    }

    var status: HTTPResponse.Status {
        switch self {
        case .nameUnknown, .manifestUnknown, .blobUnknown, .uploadUnknown, .manifestBlobUnknown: .notFound
        case .nameInvalid, .manifestInvalid, .uploadInvalid, .digestInvalid: .badRequest
        case .rangeInvalid: .rangeNotSatisfiable
        case .sizeInvalid: .contentTooLarge
        case .unsupported: .methodNotAllowed
        case .unauthorized: .unauthorized
        case .denied: .forbidden
        case .tooManyRequests: .tooManyRequests
        case .insufficientStorage, .overQuota: .init(code: 507, reasonPhrase: "Insufficient Storage")
        case .upstream: .badGateway
        case .broken: .internalServerError
        }
    }

    private var code: String {
        switch self {
        case .nameUnknown: "NAME_UNKNOWN"
        case .nameInvalid: "NAME_INVALID"
        case .manifestUnknown: "MANIFEST_UNKNOWN"
        case .manifestInvalid: "MANIFEST_INVALID"
        case .manifestBlobUnknown: "MANIFEST_BLOB_UNKNOWN"
        case .blobUnknown: "BLOB_UNKNOWN"
        case .uploadUnknown: "BLOB_UPLOAD_UNKNOWN"
        case .uploadInvalid, .rangeInvalid: "BLOB_UPLOAD_INVALID"
        case .digestInvalid: "DIGEST_INVALID"
        case .sizeInvalid: "SIZE_INVALID"
        case .unsupported: "UNSUPPORTED"
        case .unauthorized: "UNAUTHORIZED"
        case .denied, .overQuota: "DENIED"
        case .tooManyRequests: "TOOMANYREQUESTS"
        case .insufficientStorage, .upstream: "UNAVAILABLE"
        case .broken: "UNKNOWN"
        }
    }

    var summary: String {
        switch self {
        case .nameUnknown(let text), .nameInvalid(let text), .manifestUnknown(let text), .manifestInvalid(let text),
            .blobUnknown(let text), .uploadUnknown(let text), .uploadInvalid(let text), .digestInvalid(let text),
            .unsupported(let text), .denied(let text), .insufficientStorage(let text), .upstream(let text),
            .broken(let text):
            text
        case .unauthorized(let text, _): text
        case .manifestBlobUnknown(let digests):
            "the manifest names what is not in this repository: \(digests.joined(separator: ", "))"
        case .rangeInvalid(let expected): "the next chunk has to begin at byte \(expected)"
        case .sizeInvalid(let limit): "it is larger than the \(limit) bytes allowed"
        case .overQuota(let used, let adding, let limit):
            "the store has \(used) of the \(limit) bytes of its quota"
                + (adding > 0 ? ", and \(adding) more would go past it" : "")
                + "; remove tags or versions and run `velod gc`, or raise `storage.quota-mib`"
        case .tooManyRequests(let seconds): "too many requests; try again in \(seconds) s"
        }
    }

    var severity: ProblemSeverity {
        switch self {
        case .tooManyRequests, .insufficientStorage, .upstream: .temporary
        default: .refused
        }
    }

    var response: Response {
        let detail: [String]? = if case .manifestBlobUnknown(let digests) = self { digests } else { nil }
        let entry = Body.Entry(code: code, message: summary, detail: detail)
        // Fields of text: encoding them cannot go wrong.
        let bytes = (try? JSONEncoder().encode(Body(errors: [entry]))) ?? Data()
        var response = Response.json(bytes: Array(bytes), status: status)
        response.headers[.registryVersion] = "registry/2.0"
        switch self {
        case .unauthorized(_, let challenge): response.headers[.wwwAuthenticate] = challenge
        case .tooManyRequests(let seconds): response.headers[.retryAfter] = String(seconds)
        case .insufficientStorage, .upstream: response.headers[.retryAfter] = "30"
        default: break
        }
        return response
    }
}
