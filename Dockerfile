# A keeper in a container. Nothing secret is in it: settings come from the environment; keystore, password and address book
# from a directory that is mounted.
#   docker build -t leasehold-keeper .
#   docker run --env-file keeper.env -v keeper:/var/lib/leasehold -v /etc/leasehold:/etc/leasehold:ro leasehold-keeper
FROM node:20-slim AS packages
WORKDIR /opt/leasehold
COPY package.json package-lock.json .npmrc ./
# The node for development, which is optional, is of no use here.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@foundry-rs

FROM node:20-slim
ENV NODE_ENV=production \
    KEEPER_STORE=/var/lib/leasehold/keeper.sqlite \
    KEEPER_LISTEN=0.0.0.0:9464
WORKDIR /opt/leasehold
RUN mkdir -p /var/lib/leasehold && chown node:node /var/lib/leasehold
COPY --from=packages /opt/leasehold/node_modules node_modules
COPY package.json tsconfig.json ./
COPY typechain-types typechain-types
COPY sdk sdk
COPY keeper keeper
COPY scripts scripts
USER node
VOLUME /var/lib/leasehold
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/opt/leasehold/scripts/leasehold.js", "keeper"]
CMD ["run"]
