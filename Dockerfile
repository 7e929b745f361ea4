# docker build -t copytaster .
# docker run -v ./config.yaml:/etc/copytaster/config.yaml:ro -v copytaster:/data copytaster
#
# In the configuration: "store: /data/copytaster.db". To reach the output feeds
# from outside the container, "listen: 0.0.0.0:8380" with "auth:", and -p 8380:8380.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/copytaster ./cmd/copytaster \
    && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/copytaster /usr/local/bin/copytaster
COPY --from=build --chown=nonroot:nonroot /out/data /data
WORKDIR /data
VOLUME /data
ENTRYPOINT ["copytaster"]
CMD ["run", "--config", "/etc/copytaster/config.yaml"]
