# FieldProof gateway. Debian, not Alpine: the prebuilt binaries of serialport, LevelDB and libsodium
# need glibc. Nothing is compiled here.

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Scripts are off: the only one is our own build, and its sources come next.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json vite.config.ts ./
COPY schemas schemas
COPY simulator simulator
COPY gateway gateway
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production \
    FIELDPROOF_DATA_DIR=/data \
    FIELDPROOF_HTTP__HOST=0.0.0.0 \
    FIELDPROOF_MQTT__HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY schemas/asyncapi.json schemas/
COPY LICENSE ./
# A named volume takes over owner and mode of the folder that it is mounted on.
RUN mkdir -m 0700 /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 1883 8484
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8484/readyz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/gateway/main.js"]
CMD ["start"]
