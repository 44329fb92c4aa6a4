/// A resource as `resource("name")` gives it.
final class ResourceObject: ObjectBox {
    let resource: Resource
    init(_ resource: Resource) { self.resource = resource }

    override var nativeClassName: String { "Resource" }
    override var nativeMethods: MethodTable { ResourceMethods.table }
    override var displayText: String { resource.name }

    /// Unpacks into a temporary folder and runs something there.
    func stage(_ call: Call, _ body: () throws -> Value) throws -> Value {
        let interpreter = call.interpreter
        let host = try interpreter.requireHost(call)
        let folder = try host.makeTemporaryFolder(
            prefix: resource.name.split(separator: "/").last.map(String.init) ?? "resource")
        if interpreter.performsEffects { try host.stage(resource, into: folder) }
        return try interpreter.inside(folder, body)
    }

    func stageContents(into folder: String, _ call: Call) throws {
        let interpreter = call.interpreter
        try interpreter.makeFolders(folder)
        try interpreter.requireHost(call).stage(resource, into: interpreter.absolute(folder))
    }
}

/// `resource("x").files("a", "b" => "c")`
final class PartialResourceObject: ObjectBox {
    let resource: ResourceObject
    let files: [Value]

    init(resource: ResourceObject, files: [Value]) {
        self.resource = resource
        self.files = files
    }

    override var nativeClassName: String { "Resource::Partial" }
}

enum ResourceMethods {
    static let table = MethodTable { table in
        table.define("stage", "unpack") { call in
            let object = try object(call)
            let target = try call.optionalText(0)
            let isCarriedOut = call.interpreter.announce(.stage(resource: object.resource.name, folder: target))
            if let target, call.block == nil {
                if isCarriedOut { try object.stageContents(into: target, call) }
                return .nil
            }
            guard let block = call.block else {
                throw call.raising("ArgumentError", "target directory or block is required")
            }
            return try object.stage(call) {
                try call.interpreter.call(block, [.object(StagingObject(object.resource))])
            }
        }
        table.define("files") { call in
            .object(PartialResourceObject(resource: try object(call), files: call.arguments))
        }
        table.define("fetch", "verify_download_integrity", "clear_cache") { _ in .nil }
        table.define("cached_download") { call in
            .path(try call.interpreter.requireHost(call).downloadedFile(of: object(call).resource))
        }
        table.define("name") { call in .text(try object(call).resource.name) }
        table.define("url") { call in .text(try object(call).resource.download.url) }
        table.define("version") { call in .object(VersionObject(try object(call).resource.version)) }
        table.define("checksum") { call in .optionalText(try object(call).resource.download.sha256) }
        table.define("mirrors") { call in .texts(try object(call).resource.download.mirrors) }
        table.define("specs") { call in specs(try object(call).resource.download) }
        table.define("patches") { _ in .list([]) }
        table.define("downloader") { call in call.receiver }
        table.define("symlink_location", "cached_location") { call in
            .path(try call.interpreter.requireHost(call).downloadedFile(of: object(call).resource))
        }
    }

    static func specs(_ download: Download) -> Value {
        let pairs = [("tag", download.tag), ("revision", download.revision), ("branch", download.branch)]
        return .hash(HashBox(symbols: pairs.compactMap { name, text in text.map { (name, .text($0)) } }))
    }

    private static func object(_ call: Call) throws -> ResourceObject {
        guard case .object(let object as ResourceObject) = call.receiver else { throw call.unsupported("this object") }
        return object
    }
}

/// What the block of `stage` is given.
final class StagingObject: ObjectBox {
    let resource: Resource
    init(_ resource: Resource) { self.resource = resource }

    override var nativeClassName: String { "ResourceStageContext" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("staging", "mktemp") { call in call.receiver }
        table.define("retain!", "quiet!") { _ in .nil }
        table.define("version") { call in
            guard case .object(let object as StagingObject) = call.receiver else { return .nil }
            return .object(VersionObject(object.resource.version))
        }
        table.define("resource") { call in
            guard case .object(let object as StagingObject) = call.receiver else { return .nil }
            return .object(ResourceObject(object.resource))
        }
        table.define("tmpdir") { call in .path(call.interpreter.folder) }
    }
}
