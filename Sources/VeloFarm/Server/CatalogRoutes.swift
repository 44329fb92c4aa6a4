import HTTPTypes
import Hummingbird

/// `/catalog/v1/catalog.json`: what velo reads.
struct CatalogRoutes: Sendable {
    let catalog: CatalogPublisher

    func add(to router: Router<FarmRequestContext>) {
        router.getOrHead("/catalog/v1/catalog.json") { request, _ in
            let edition = try await catalog.current()
            let headers: HTTPFields = [
                .contentType: "application/json", .eTag: edition.entityTag, .cacheControl: "no-cache",
                .lastModified: HTTPDate.text(edition.changed),
            ]
            if EntityTags(request.headers[.ifNoneMatch]).match(edition.entityTag) {
                return Response(status: .notModified, headers: headers)
            }
            return Response(
                status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: edition.bytes)))
        }
    }
}
