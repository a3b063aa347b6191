# Small and plain: build a wheel set in one stage, run it as nobody in the other. State lives in /data,
# the working folder: a deskd.toml there is read, and settings by environment alone do as well.
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/deskd && /opt/deskd/bin/pip install --no-cache-dir '.[postgres]'

FROM python:3.13-slim
COPY --from=build /opt/deskd /opt/deskd
RUN useradd --system --uid 10001 --home-dir /data deskd && install -d -o deskd -g deskd /data
ENV PATH=/opt/deskd/bin:$PATH PYTHONUNBUFFERED=1
USER deskd
WORKDIR /data
VOLUME /data
# HTTP listens on 127.0.0.1 inside; DESKD_HTTP__LISTEN=0.0.0.0:8080 opens it to the outside.
EXPOSE 2525
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["deskd", "health"]
ENTRYPOINT ["deskd"]
CMD ["run"]
